import google.colab  # noqa: F401  # as in Colab, before the first cell
