/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* picture.h: a stage-2 table as a picture: an SVG document, or a page of HTML that holds the same. */
#ifndef S2PT_TOOL_PICTURE_H
#define S2PT_TOOL_PICTURE_H

#include "out.h"
#include "report.h"
#include "tree.h"

/* As many cells as a browser can take. Of a table that has more, neighbours become one. */
#define PICTURE_CELLS ((size_t)20000)

/* A table on its way into a picture. Zero but for @format to begin with. */
struct picture {
	const struct s2pt_format *format;
	struct cell *cell; /* in order of IPA, without gaps */
	size_t count, room;
	uint64_t end; /* of the last */
};

/* picture_run, picture_problem - what tree_visit() says, in its order. */
void picture_run(struct picture *picture, const struct tree_run *run);
void picture_problem(struct picture *picture, enum tree_problem problem, const struct tree_place *place);

/*
 * picture_svg, picture_html - write all that was said, and free it.
 * @page: what else the page is to know; freed, too.
 */
void picture_svg(struct picture *picture, struct out *out);
void picture_html(struct picture *picture, struct out *out, json_t *page);

#endif
