# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# packages.sh: sourced by what fetches Debian packages without installing them. apt works on lists of its own,
# in apt/ below the current folder, and the system's stay as they are. Signatures are checked as ever.
#
# Packages come from where this system has its own, whatever release that is; the environment can name another
# mirror (DEBIAN_MIRROR).

no_packages()
{
	echo "FAIL: $*" >&2
	exit 1
}

# Every place that this system has packages from, Debian's or not.
mirrors()
{
	if [ "${DEBIAN_MIRROR-}" ]; then
		echo "$DEBIAN_MIRROR"
	else
		apt-get --print-uris update | sed -n "s|^'\(.*\)/dists/[^']*/InRelease'.*|\1|p" | awk '!seen[$0]++'
	fi
}

# packages_from ARCHITECTURE RELEASE...: sets mirror, and makes apt-get and apt-cache work on the packages of
# these releases of Debian.
packages_from()
{
	local keys log candidates architecture=$1

	shift
	for keys in /usr/share/keyrings/debian-archive-keyring.{gpg,pgp}; do
		[ ! -f "$keys" ] || break
	done
	[ -f "$keys" ] || no_packages "no keys to check signatures with: install debian-archive-keyring"
	candidates=$(mirrors)
	[ "$candidates" ] || no_packages "this system has no source of packages; name a mirror: DEBIAN_MIRROR=URI $0 ..."
	rm -rf apt
	mkdir -p apt/lists/partial apt/cache/archives/partial
	: >apt/status
	cat >apt/apt.conf <<-END
		APT::Architecture "$architecture";
		APT::Architectures { "$architecture"; };
		APT::Sandbox::User "";
		APT::Install-Recommends "false";
		Acquire::Languages "none";
		Dir::State "$PWD/apt";
		Dir::State::status "$PWD/apt/status";
		Dir::Cache "$PWD/apt/cache";
		Dir::Etc::sourcelist "$PWD/apt/sources.list";
		Dir::Etc::sourceparts "$PWD/apt/none";
	END
	export APT_CONFIG=$PWD/apt/apt.conf
	log=$PWD/apt/log
	# Whoever has no such release, or not one that Debian has signed, is not the one.
	for mirror in $candidates; do
		printf "deb [signed-by=$keys] $mirror %s main\n" "$@" >apt/sources.list
		! apt-get update -qq >>"$log" 2>&1 || return 0
	done
	cat "$log" >&2
	no_packages "no packages of Debian $* at any of:" $candidates "(DEBIAN_MIRROR names another place)"
}

# extract PACKAGE PATTERN: print the file of that name in a package file.
extract()
{
	dpkg-deb --fsys-tarfile "$1" | tar -xO --wildcards "$2"
}

# What was fetched, to be kept in the file fetched; and apt's folder is not needed any more.
packages_done()
{
	(cd apt/cache/archives && sha256sum ./*.deb) | sed 's|\./||' >fetched
	rm -rf apt
}
