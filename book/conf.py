"""How Sphinx makes the book."""

project = 'Celery notes'
author = copyright = 'the authors of Celery notes'
language = 'en'

extensions = ['myst_parser', 'book.extension']
source_suffix = {'.md': 'markdown'}
root_doc = 'index'
exclude_patterns: list[str] = []

# A page shows its source's characters: quotation marks and dashes included.
smartquotes = False
myst_url_schemes = ('http', 'https', 'book')
myst_enable_extensions: list[str] = []

# The blocks hold what programs print, which no language explains.
suppress_warnings = ['misc.highlighting_failure']
highlight_language = 'text'

html_theme = 'furo'
html_title = project
html_static_path = ['static']
html_css_files = ['book.css']
html_js_files = [('book.js', {'defer': 'defer'})]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_use_index = False
html_domain_indices = False
html_permalinks_icon = '#'
html_theme_options = {'top_of_page_buttons': ['edit'], 'footer_icons': []}
