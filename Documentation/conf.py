# SPDX-License-Identifier: GPL-2.0
"""Sphinx's settings; kernel-doc turns the comments in the sources into pages."""
import os
import pathlib
import re
import subprocess

import sphinx
from sphinx.errors import ConfigError

project = "buddypool"
root_doc = "index"
exclude_patterns = ["examples"]
highlight_language = "none"
primary_domain = "c"
html_theme = "alabaster"
html_theme_options = {"page_width": "1100px"}
html_copy_source = False
html_show_copyright = False

top = pathlib.Path(__file__).resolve().parent.parent


def generate():
    """Write build/kernel-doc/FOLDER/FILE.rst for each source with such comments."""
    script = os.environ.get("KERNEL_DOC")
    if not script:
        raise ConfigError("KERNEL_DOC is not set, the path of the kernel's script: "
                          "make htmldocs does it")
    out = top / "build" / "kernel-doc"
    for source in sorted([*top.glob("buddy/*.[ch]"), *top.glob("pool/*.[ch]")]):
        code = source.read_text()
        # Of a .c file, only what the module exports.
        which = ["-export"] if source.suffix == ".c" else []
        if not re.search(r"^/\*\*$", code, re.M) or (which and "EXPORT_SYMBOL" not in code):
            continue
        made = subprocess.run(
            [script, "-Werror", "-rst", "-sphinx-version", sphinx.__version__, *which,
             str(source.relative_to(top))],
            cwd=top, capture_output=True, text=True, check=False)
        if made.returncode:
            raise ConfigError(f"{script} fails:\n{made.stderr or made.stdout}")
        # It lists an unnamed union as a member without a description.
        text = re.sub(r"``{unnamed_union}``\n  anonymous\n\n", "", made.stdout)
        page = out / source.parent.name / f"{source.name}.rst"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text)


generate()
