"""How Sphinx makes the site of the pages that docs/build.py gathers."""

import pdefilter

project = "pdefilter"
author = "The pdefilter contributors"
release = pdefilter.__version__
extensions = ["myst_parser"]
myst_heading_anchors = 3  # links to headings, named as GitHub names them
html_theme = "pydata_sphinx_theme"
html_title = "pdefilter"
html_extra_path = ["../build/docs/pictures"]  # those of HTML tables, which Sphinx does not read
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_sidebars = {"index": [], "formats": [], "performance": []}
html_context = {"default_mode": "auto"}
html_theme_options = {
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": [],
    "footer_end": [],
    "header_links_before_dropdown": 8,
}
