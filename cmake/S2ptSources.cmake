# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# Reads lib/sources.mk: every "NAME += value" appends to the CMake list NAME, and every source to S2PT_ALL_SOURCES.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS lib/sources.mk)
file(STRINGS lib/sources.mk S2PT_LINES REGEX "^S2PT_[A-Z0-9_]+ \\+= ")
foreach(line IN LISTS S2PT_LINES)
	string(REGEX MATCH "^(S2PT_[A-Z0-9_]+) \\+= (.*)$" _ "${line}")
	set(list_name ${CMAKE_MATCH_1})
	set(list_value ${CMAKE_MATCH_2})
	list(APPEND ${list_name} "${list_value}")
	if(list_name MATCHES "_SOURCES$")
		list(APPEND S2PT_ALL_SOURCES "${list_value}")
	endif()
endforeach()
