"""Saves a small MedNeXt with the module names of the published one, and what torch computes with it.

Usage: python3 save_mednext.py FOLDER. Writes mednext.pth, and mednext.x.f32 and mednext.y.f32: input and logits as
little-endian float32 in C order.
"""
import array
import sys

import torch
from torch import nn
from torch.nn import functional


class Block(nn.Module):
    def __init__(self, inputs, outputs, expansion):
        super().__init__()
        self.conv1 = self.depthwise(inputs)
        self.norm = nn.GroupNorm(inputs, inputs)
        self.conv2 = nn.Conv3d(inputs, expansion * inputs, 1)
        self.conv3 = nn.Conv3d(expansion * inputs, outputs, 1)

    def depthwise(self, channels):
        return nn.Conv3d(channels, channels, 3, padding=1, groups=channels)

    def inner(self, x):
        return self.conv3(functional.gelu(self.conv2(self.norm(self.conv1(x)))))

    def forward(self, x):
        return x + self.inner(x)


class Down(Block):
    def __init__(self, inputs, expansion):
        super().__init__(inputs, 2 * inputs, expansion)
        self.res_conv = nn.Conv3d(inputs, 2 * inputs, 1, stride=2)

    def depthwise(self, channels):
        return nn.Conv3d(channels, channels, 3, stride=2, padding=1, groups=channels)

    def forward(self, x):
        return self.inner(x) + self.res_conv(x)


class Up(Block):
    def __init__(self, inputs, expansion):
        super().__init__(inputs, inputs // 2, expansion)
        self.res_conv = nn.ConvTranspose3d(inputs, inputs // 2, 1, stride=2)

    def depthwise(self, channels):
        return nn.ConvTranspose3d(channels, channels, 3, stride=2, padding=1, groups=channels)

    def forward(self, x):
        front = (1, 0, 1, 0, 1, 0)
        return functional.pad(self.inner(x), front) + functional.pad(self.res_conv(x), front)


class Out(nn.Module):
    def __init__(self, inputs, classes):
        super().__init__()
        self.conv_out = nn.ConvTranspose3d(inputs, classes, 1)

    def forward(self, x):
        return self.conv_out(x)


class MedNeXt(nn.Module):
    """With deep supervision, whose outputs of the lower levels are saved too."""

    def __init__(self, width, blocks, expansion, classes):
        super().__init__()
        self.levels = len(blocks) // 2
        levels = self.levels
        self.stem = nn.Conv3d(1, width, 1)
        for level in range(levels):
            self.stage(f"enc_block_{level}", width << level, blocks[level], expansion[level])
            setattr(self, f"down_{level}", Down(width << level, expansion[level + 1]))
        self.stage("bottleneck", width << levels, blocks[levels], expansion[levels])
        for level in reversed(range(levels)):
            entry = 2 * levels - level
            setattr(self, f"up_{level}", Up(width << level + 1, expansion[entry]))
            self.stage(f"dec_block_{level}", width << level, blocks[entry], expansion[entry])
        for level in range(levels + 1):
            setattr(self, f"out_{level}", Out(width << level, classes))
        self.dummy_tensor = nn.Parameter(torch.tensor([1.]))

    def stage(self, name, width, count, expansion):
        setattr(self, name, nn.Sequential(*[Block(width, width, expansion) for _ in range(count)]))

    def forward(self, x):
        x = self.stem(x)
        skips = []
        for level in range(self.levels):
            x = getattr(self, f"enc_block_{level}")(x)
            skips.append(x)
            x = getattr(self, f"down_{level}")(x)
        x = self.bottleneck(x)
        for level in reversed(range(self.levels)):
            x = skips[level] + getattr(self, f"up_{level}")(x)
            x = getattr(self, f"dec_block_{level}")(x)
        return self.out_0(x)


def dump(path, tensor):
    with open(path, "wb") as file:
        array.array("f", tensor.flatten().tolist()).tofile(file)


def main(folder):
    torch.manual_seed(6)
    net = MedNeXt(4, [1, 2, 1, 2, 1], [2, 3, 4, 3, 2], 3)
    for module in net.modules():
        if isinstance(module, nn.GroupNorm):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.5, 0.5)
    x = torch.randn(1, 1, 8, 12, 16)
    dump(f"{folder}/mednext.x.f32", x)
    dump(f"{folder}/mednext.y.f32", net(x))
    torch.save({"epoch": 1, "network_weights": net.state_dict()}, f"{folder}/mednext.pth")


main(sys.argv[1])
