# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# Reads lib/sources.mk: every "NAME += value" appends to the CMake list NAME.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS lib/sources.mk)
file(STRINGS lib/sources.mk S2PT_LINES REGEX "^S2PT_[A-Z0-9_]+ \\+= ")
foreach(line IN LISTS S2PT_LINES)
	string(REGEX MATCH "^(S2PT_[A-Z0-9_]+) \\+= (.*)$" _ "${line}")
	list(APPEND ${CMAKE_MATCH_1} "${CMAKE_MATCH_2}")
endforeach()
