"""How sphinx makes the website; tools/build_site.py runs it."""

import os

from docutils.nodes import SkipNode
from docutils.utils.math.latex2mathml import tex2mathml

repository = os.environ.get("COURSE_REPOSITORY", "OWNER/REPOSITORY")
project = "Autoencoders and latent space"
author = copyright = "the authors, MIT licence"
extensions = ["myst_nb"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # pages show what the solved notebooks hold
nb_merge_streams = True
html_theme = "sphinx_book_theme"
html_title = project
html_copy_source = False
html_show_sourcelink = False
html_static_path = ["static"]
html_css_files = ["course.css", "live.css"]
html_show_search_summary = False  # it would fetch every page that is found
html_js_files = [("live.js", {"defer": "defer"})]
html_context = {"default_mode": "auto"}  # light or dark, as the system
html_math_renderer = "mathml"  # MathJax would be fetched from elsewhere
html_theme_options = {
    "repository_url": f"https://github.com/{repository}",
    "repository_branch": "main",
    "path_to_docs": "",
    "launch_buttons": {
        "colab_url": "https://colab.research.google.com",
        "binderhub_url": "https://mybinder.org",
        "notebook_interface": "jupyterlab",
    },
    "use_repository_button": True,
    "use_download_button": False,
    "show_toc_level": 2,
}


def setup(app):
    """Write formulas as MathML, which browsers draw by themselves."""
    app.add_html_math_renderer("mathml", (formula, None), (formula, None))


def formula(writer, node):
    """Write one formula, in a line or in a paragraph of its own."""
    mathml = tex2mathml(node.astext())
    if node.tagname == "math_block":
        mathml = mathml.replace("<math", '<math display="block"', 1)
    # A formula that may scroll can be reached by the keyboard.
    stop = ' tabindex="0"' if node.tagname == "math_block" else ""
    span = f'<span class="course-formula"{stop}>{mathml}</span>'
    writer.body.append(span)
    raise SkipNode
