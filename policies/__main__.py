"""Starts the pack. PolicyPack's constructor serves and never returns, so nothing else may stand here.

The CLI runs this file with the pack's folder first on Python's path. All modules sit one folder down, so that no area's
name (secrets, say) can take the place of a module of the standard library.
"""

from pack.serve import serve

serve()
