/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Calls between translation units without a global offset table, as in a position-independent image. */
#pragma GCC visibility push(hidden)
