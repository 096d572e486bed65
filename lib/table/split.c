/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* split.c: no leaf in a range above a level. The work is done in resize.c. */
#include "table/drive.h"
#include "table/resize.h"

enum s2pt_status
s2pt_table_split(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size, int level)
{
	struct s2pt_range *r = &table->running;
	enum s2pt_status status = s2pt__range_begin(table, op, ipa, size);

	if (status == S2PT_OK && level != S2PT_LEVEL_LAST &&
	    !s2pt_format_has_block(table->format, level))
		status = S2PT_ERR_LEVEL;
	if (status != S2PT_OK)
		return status;
	if (level <= table->start_level)
		r->ipa = r->end;
	while (s2pt__range_next(r, &status))
		status = s2pt__split_step(r, level, UINT64_MAX);
	return s2pt__range_end(r, status);
}
