# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# The target s2pt-sequence: the engine on the simulated machine, doing sequences of operations. For the
# property tests, and for the fuzz target that makes sequences of its bytes.
if(NOT TARGET s2pt-sequence)
	set(sequence ${CMAKE_CURRENT_LIST_DIR}/../random/property)
	if(NOT TARGET s2pt-model)
		add_subdirectory(${CMAKE_CURRENT_LIST_DIR}/model ${CMAKE_BINARY_DIR}/tests/support/model)
	endif()
	add_library(s2pt-sequence STATIC ${sequence}/machine.c ${sequence}/run.c ${sequence}/shared.c
		${sequence}/sequence.c)
	target_include_directories(s2pt-sequence PUBLIC ${sequence})
	target_link_libraries(s2pt-sequence PUBLIC s2pt::s2pt s2pt-model)
	set_target_properties(s2pt-sequence PROPERTIES C_STANDARD 11 C_EXTENSIONS OFF)
	s2pt_warnings(s2pt-sequence)
endif()
