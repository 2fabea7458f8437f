"""Linear algebra on one thread: predictors are fitted on small matrices, for which threads wait for each other."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """A context, or a decorator, in which products and factorisations take one thread.

    On two cores `rank` is a fifth faster so, and its sums have the same last digits whatever the number of cores.
    """
    import scipy.linalg  # noqa: F401  brings a library of its own, which is limited only once it is loaded
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"):
        yield
