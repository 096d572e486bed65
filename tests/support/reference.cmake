# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# The target s2pt-reference: the oracle that tests and fuzz targets compare the library with.
if(NOT TARGET s2pt-reference)
	set(reference ${CMAKE_CURRENT_LIST_DIR}/reference)
	add_library(s2pt-reference STATIC
		${reference}/ref_combine.c
		${reference}/ref_desc.c
		${reference}/ref_format.c
		${reference}/ref_stage1.c)
	target_include_directories(s2pt-reference PUBLIC ${reference})
	set_target_properties(s2pt-reference PROPERTIES C_STANDARD 11 C_EXTENSIONS OFF)
	s2pt_warnings(s2pt-reference)
endif()
