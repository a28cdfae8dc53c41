"""Saves small networks with the module names of public implementations, and what torch computes with them.

Usage: python3 save_networks.py FOLDER. Writes checkpoints, and per network NAME.x.f32 and NAME.y.f32: input
and logits as little-endian float32 in C order.
"""
import array
import sys

import torch
from torch import nn


class Adn(nn.Sequential):
    def __init__(self, channels):
        super().__init__()
        self.add_module("N", nn.InstanceNorm3d(channels))
        self.add_module("A", nn.PReLU())


class Convolution(nn.Sequential):
    def __init__(self, inputs, outputs, stride, transposed=False, bare=False):
        super().__init__()
        if transposed:
            conv = nn.ConvTranspose3d(inputs, outputs, 3, stride, padding=1, output_padding=stride - 1)
        else:
            conv = nn.Conv3d(inputs, outputs, 3, stride, padding=1)
        self.add_module("conv", conv)
        if not bare:
            self.add_module("adn", Adn(outputs))


class ResidualUnit(nn.Module):
    def __init__(self, inputs, outputs, stride, units, last_bare=False):
        super().__init__()
        self.conv = nn.Sequential()
        self.residual = nn.Identity()
        for unit in range(units):
            bare = last_bare and unit == units - 1
            first = unit == 0
            self.conv.add_module(
                f"unit{unit}",
                Convolution(inputs if first else outputs, outputs, stride if first else 1, bare=bare))
        if stride != 1:
            self.residual = nn.Conv3d(inputs, outputs, 3, stride, padding=1)
        elif inputs != outputs:
            self.residual = nn.Conv3d(inputs, outputs, 1)

    def forward(self, x):
        return self.conv(x) + self.residual(x)


class SkipConnection(nn.Module):
    def __init__(self, submodule):
        super().__init__()
        self.submodule = submodule

    def forward(self, x):
        return torch.cat([x, self.submodule(x)], dim=1)


class UNet(nn.Module):
    def __init__(self, channels, classes):
        super().__init__()
        self.model = self.level(1, classes, channels, True)

    def level(self, inputs, outputs, channels, top):
        width = channels[0]
        if len(channels) > 2:
            below = self.level(width, width, channels[1:], False)
            joined = 2 * width
        else:
            below = ResidualUnit(width, channels[1], 1, 2)
            joined = width + channels[1]
        return nn.Sequential(
            ResidualUnit(inputs, width, 2, 2),
            SkipConnection(below),
            nn.Sequential(
                Convolution(joined, outputs, 2, transposed=True),
                ResidualUnit(outputs, outputs, 1, 1, last_bare=top)))

    def forward(self, x):
        return self.model(x)


class Whole(nn.Module):
    """Two networks, a head and class weights under names of their own."""

    def __init__(self, global_channels, local_channels, classes):
        super().__init__()
        self.global_net = UNet(global_channels, classes)
        self.local_net = UNet(local_channels, classes)
        feature = global_channels[0]
        hidden = feature // 2
        self.sampler = nn.Sequential(
            nn.Conv3d(feature, hidden, 1), nn.LeakyReLU(0.1), nn.Conv3d(hidden, hidden, 1),
            nn.LeakyReLU(0.1), nn.Conv3d(hidden, 1, 1), nn.Conv3d(1, 1, 1))
        self.class_weights = nn.Parameter(torch.linspace(-1, 1, classes).reshape(1, classes, 1, 1, 1))
        self.register_buffer("gaussian", torch.zeros(4, 4, 4))


def dump(path, tensor):
    with open(path, "wb") as file:
        array.array("f", tensor.flatten().tolist()).tofile(file)


def main(folder):
    torch.manual_seed(5)
    whole = Whole([4, 6, 8, 8], [4, 6, 10], 3)
    for module in whole.modules():
        if isinstance(module, nn.PReLU):
            nn.init.uniform_(module.weight, -0.3, 0.6)
    optimiser = torch.optim.AdamW(whole.local_net.parameters())
    for name, net in (("global", whole.global_net), ("local", whole.local_net)):
        x = torch.randn(1, 1, 16, 24, 8)
        y = net(x)
        dump(f"{folder}/{name}.x.f32", x)
        dump(f"{folder}/{name}.y.f32", y)
    y.sum().backward()
    frozen = {name: tensor.clone() for name, tensor in whole.state_dict().items()}
    torch.save(whole.global_net.state_dict(), f"{folder}/global.pth")
    local = nn.DataParallel(whole.local_net)
    optimiser.step()
    whole.load_state_dict(frozen)
    torch.save(
        {"epoch": 3, "best": 0.5, "state_dict": local.state_dict(), "optimizer": optimiser.state_dict()},
        f"{folder}/local.pth")
    torch.save({"model": whole.state_dict(), "epoch": 3}, f"{folder}/whole.pth")
    torch.save({"model": {k: v.half() for k, v in whole.state_dict().items()}}, f"{folder}/half.pth")
    torch.save(
        {"model": {k: v.to(memory_format=torch.channels_last_3d) if v.dim() == 5 else v
                   for k, v in whole.state_dict().items()}},
        f"{folder}/channels_last.pth")
    torch.save(whole.global_net.state_dict(), f"{folder}/legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(whole, f"{folder}/module.pth")
    torch.jit.save(torch.jit.script(nn.PReLU()), f"{folder}/script.pt")
    broken = dict(whole.state_dict())
    broken["local_net.model.0.residual.bias"] = torch.full((4,), float("nan"))
    torch.save(broken, f"{folder}/nan.pth")


main(sys.argv[1])
