/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * replay.c: main() for compilers without libFuzzer. Feeds every file of the given files and
 * directories to the target. It is an error if there is none.
 */
#include <dirent.h>
#include <sys/stat.h>

#include "fuzz.h"

static unsigned replayed;

static bool
replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = malloc(1u << 20);
	size_t size;

	if (!file || !data) {
		fprintf(stderr, "replay: cannot read %s\n", path);
		free(data);
		if (file)
			fclose(file);
		return false;
	}
	size = fread(data, 1, 1u << 20, file);
	fclose(file);
	/* A copy of exactly this size, so that sanitizers see what goes beyond. */
	uint8_t *exact = malloc(size ? size : 1);

	if (exact) {
		memcpy(exact, data, size);
		LLVMFuzzerTestOneInput(exact, size);
	}
	free(exact);
	free(data);
	replayed++;
	return exact != NULL;
}

static bool
replay(const char *path)
{
	struct stat about;
	struct dirent *entry;
	bool ok = true;
	DIR *directory;

	if (stat(path, &about) != 0 || !S_ISDIR(about.st_mode))
		return replay_file(path);
	directory = opendir(path);
	if (!directory) {
		fprintf(stderr, "replay: cannot read %s\n", path);
		return false;
	}
	while ((entry = readdir(directory))) {
		char file[4096];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		ok = replay_file(file) && ok;
	}
	closedir(directory);
	return ok;
}

int
main(int argc, char **argv)
{
	bool ok = true;

	for (int i = 1; i < argc; i++)
		ok = replay(argv[i]) && ok;
	if (!replayed)
		fprintf(stderr, "replay: no input was found\n");
	printf("%u inputs replayed\n", replayed);
	return ok && replayed ? 0 : 1;
}
