"""Say what to do when a kernel does not know a name, as after a restart."""

import sys

ADVICE = """\
`{name}` is not known to this kernel.
- If you restarted it: click on this cell and choose Run > Run All Above
  Selected Cell (in Colab: Runtime > Run before). Then run it again.
- Else: look for a typing error in the name.\
"""


def advise_after_restart():
    """Let a cell that meets an unknown name say what to run first.

    Outside IPython nothing happens, and a second call changes nothing.
    """
    ipython = sys.modules.get("IPython")  # imported already, or not in use
    shell = ipython.get_ipython() if ipython else None
    if shell is not None:
        shell.events.register("post_run_cell", _advise)


def _advise(result):
    """Print the advice under a cell that ended in a NameError."""
    error = result.error_in_exec
    if type(error) is NameError and error.name:
        print(ADVICE.format(name=error.name))
