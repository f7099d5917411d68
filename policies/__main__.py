"""Starts the pack. PolicyPack's constructor serves and never returns, so nothing else may stand here.

The CLI runs this file with the pack's folder first on Python's path. The rules sit one folder down, so that no area
of theirs (secrets, say) can take the name of a module of the standard library.
"""

from rules.pack import serve

serve()
