# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# s2pt_embed(file name): FILE.c in the binary directory defines the array NAME, which holds FILE as a string.
function(s2pt_embed file name)
	set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
	file(READ ${file} bytes HEX)
	string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
	file(CONFIGURE OUTPUT ${file}.c CONTENT "extern const char ${name}[];\nconst char ${name}[] = { ${bytes} 0 };\n")
endfunction()
