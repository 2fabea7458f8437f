import threadpoolctl

from hf_ablate.blas import one_blas_thread


def threads() -> set[int]:
    return {library["num_threads"] for library in threadpoolctl.threadpool_info() if library["user_api"] == "blas"}


def test_linear_algebra_takes_one_thread_and_as_many_as_before_afterwards():
    with one_blas_thread():
        pass  # loads the libraries
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        assert threads() == {2}
        with one_blas_thread():
            assert threads() == {1}
        assert threads() == {2}
        assert one_blas_thread()(threads)() == {1}
        assert threads() == {2}
