# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# s2pt_warnings(target): the warnings that all code of the project is clean under.
function(s2pt_warnings target)
	target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
		-Wstrict-prototypes -Wmissing-prototypes -Wundef -Wcast-qual -Wwrite-strings -Wvla
		$<$<BOOL:${S2PT_WERROR}>:-Werror>)
endfunction()
