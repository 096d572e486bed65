/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* split.c: no leaf in a range above a level. The work is done in resize.c. */
#include "table/drive.h"
#include "table/resize.h"

enum s2pt_status
s2pt_table_split(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size, uint8_t max_lg2)
{
	struct s2pt_range *r = &table->running;
	enum s2pt_status status = s2pt__range_begin(table, op, ipa, size);
	int level;

	if (status != S2PT_OK)
		return status;
	level = level_of_size(table, max_lg2);
	if (level == LEVELS)
		return S2PT_ERR_LEVEL;
	if (level == table->start_level)
		r->ipa = r->end;
	while (s2pt__prepare_step(r, &status))
		status = s2pt__split_step(r, level, UINT64_MAX);
	return s2pt__range_end(r, status);
}
