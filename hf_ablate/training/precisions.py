"""Which precisions of a recipe the device lacks: recipes are written for a GPU and must parse anywhere."""


def lacking_precisions(bf16: bool, tf32: bool | None, use_cpu: bool) -> list[str]:
    """Those of `bf16` and `tf32` that are requested and that the device lacks; every CPU has `bf16`.

    Args:
        bf16 (`bool`): whether it is requested.
        tf32 (`bool`, *optional*): whether it is requested; `None` leaves it to torch.
        use_cpu (`bool`): whether training is on the CPU.
    """
    from transformers.utils import is_torch_bf16_gpu_available, is_torch_tf32_available

    lacking = ["bf16"] if bf16 and not (use_cpu or is_torch_bf16_gpu_available()) else []
    return lacking + (["tf32"] if tf32 and not is_torch_tf32_available() else [])
