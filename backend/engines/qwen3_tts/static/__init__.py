"""The language model in shapes that never change, for devices where launching kernels costs more than running them."""
