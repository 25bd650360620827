"""LeNet-5 on MNIST, after LeCun, Bottou, Bengio and Haffner (1998)."""
