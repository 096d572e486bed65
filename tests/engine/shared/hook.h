/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* hook.h: included before each file of the engine: whoever waits is called before each atomic access. */
#ifndef S2PT_TESTS_HOOK_H
#define S2PT_TESTS_HOOK_H

void s2pt_hook(void);

#define VOLATILE_IS_ATOMIC 0

#define __atomic_load_n(...)             (s2pt_hook(), __atomic_load_n(__VA_ARGS__))
#define __atomic_store_n(...)            (s2pt_hook(), __atomic_store_n(__VA_ARGS__))
#define __atomic_exchange_n(...)         (s2pt_hook(), __atomic_exchange_n(__VA_ARGS__))
#define __atomic_compare_exchange_n(...) (s2pt_hook(), __atomic_compare_exchange_n(__VA_ARGS__))
#define __atomic_fetch_and(...)          (s2pt_hook(), __atomic_fetch_and(__VA_ARGS__))
#define __atomic_fetch_xor(...)          (s2pt_hook(), __atomic_fetch_xor(__VA_ARGS__))
#define __atomic_fetch_or(...)           (s2pt_hook(), __atomic_fetch_or(__VA_ARGS__))

#endif
