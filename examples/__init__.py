"""A lesson in each file; README.md in this folder lists them.

With this file the folder is a package, and another `examples` on the path of Python comes later.
"""
