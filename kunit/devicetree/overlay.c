// SPDX-License-Identifier: GPL-2.0
/* For overlay.sh: an overlay of the devicetree, applied by insmod, and removed by rmmod. */
#include <linux/kernel_read_file.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/vmalloc.h>

#include "../../buddy/compat.h"

static char *file;
module_param(file, charp, 0444);
MODULE_PARM_DESC(file, "path of the overlay, a .dtbo");

static int id;

static int __init overlay_init(void)
{
	void *data = NULL;
	ssize_t size = kernel_read_file_from_path(file, 0, &data, INT_MAX, NULL,
						  READING_UNKNOWN);
	int err;

	if (size < 0)
		return size;
	err = overlay_apply(data, size, &id);
	vfree(data);
	if (err)
		of_overlay_remove(&id);
	return err;
}
module_init(overlay_init);

static void __exit overlay_exit(void)
{
	of_overlay_remove(&id);
}
module_exit(overlay_exit);

MODULE_DESCRIPTION("buddypool: applies an overlay, for the suite devicetree");
MODULE_LICENSE("GPL");
