"""One training step of NMSW-Net in PyTorch, written from the specification's formulas and not from the Java code.

training_step.py golden OUT                  a tiny network in float64: what both variants of the top-K's gradient must give
training_step.py time IN THREADS RUNS        the step that IN describes in float32: prints its losses, seconds, peak memory

Files are safetensors of float32. Axes are x, y, z, the last one fastest; sections are those of NMSW.md.
"""
import json
import math
import struct
import sys
import time

import torch
import torch.nn.functional as F

PENALTY = float(torch.log(torch.tensor(torch.finfo(torch.float32).tiny)))
TAU = 2 / 3
DICE, CROSS_ENTROPY, LAMBDA, SMOOTH = 0.8, 0.2, 1e-4, 1e-5
BETAS, EPSILON = (0.9, 0.999), 1e-8


# ---------------------------------------------------------------- networks, section 10.1 and 4

def norm(x):
    return F.instance_norm(x, eps=1e-5)


def unet(p, x):
    """Logits and the second-to-last decoder output."""
    blocks = len({name.split(".")[0] for name in p if name.startswith("d")})
    skips = []
    for i in range(blocks):
        q = {name.split(".")[1]: value for name, value in p.items() if name.startswith(f"d{i}.")}
        stride = 2 if i < blocks - 1 else 1
        h = F.prelu(norm(F.conv3d(x, q["w0"], q["b0"], stride=stride, padding=1)), q["a0"])
        h = F.prelu(norm(F.conv3d(h, q["w1"], q["b1"], padding=1)), q["a1"])
        x = h + (F.conv3d(x, q["wr"], q["br"], stride=stride, padding=1) if "wr" in q else x)
        skips.append(x)
    feature = None
    for j in range(blocks - 1):
        q = {name.split(".")[1]: value for name, value in p.items() if name.startswith(f"u{j}.")}
        feature = x
        joined = torch.cat([x, skips[blocks - 2 - j]], 1)
        t = F.conv_transpose3d(joined, q["wt"], q["bt"], stride=2, padding=1, output_padding=1)
        t = F.prelu(norm(t), q["at"])
        h = F.conv3d(t, q["w"], q["b"], padding=1)
        x = t + (F.prelu(norm(h), q["a"]) if "a" in q else h)
    return x, feature


def coverage(starts, patch, volume, size):
    """[cells, size]: share of each of the feature's voxels in the mean over a patch's footprint, along one axis."""
    rows = []
    for start in starts:
        a, b = start * size / volume, (start + patch) * size / volume
        rows.append([max(0.0, min(v + 1, b) - max(v, a)) / (b - a) for v in range(size)])
    return rows


def objectness(p, feature, grid, patch, volume):
    x, y, z = (
        feature.new_tensor(coverage(grid[d], patch, volume[d], feature.shape[2 + d])) for d in range(3)
    )
    h = torch.einsum("cxyz,ix,jy,kz->ijkc", feature[0], x, y, z)
    h = F.leaky_relu(F.linear(h, p["w0"], p["b0"]), 0.1)
    h = F.leaky_relu(F.linear(h, p["w1"], p["b1"]), 0.1)
    h = F.linear(F.linear(h, p["w2"], p["b2"]), p["w3"], p["b3"])
    return h.clamp(max=70).flatten()


# ---------------------------------------------------------------- patches, sections 2, 3 and 5

def starts(extent, patch, overlap):
    stride = patch if extent == patch else max(1, int(patch * (1 - overlap)))
    return [min(i * stride, extent - patch) for i in range(-(-(extent - patch) // stride) + 1)]


def low_labels(labels, rate, classes):
    """Most frequent label of each block; of equally frequent ones the one that comes first in it."""
    x, y, z = (n // rate for n in labels.shape)
    blocks = labels.reshape(x, rate, y, rate, z, rate).permute(0, 2, 4, 1, 3, 5).reshape(-1, rate**3)
    counts = torch.zeros(len(blocks), classes).scatter_add_(1, blocks, torch.ones(blocks.shape))
    own = counts.gather(1, blocks) * rate**3 - torch.arange(rate**3)
    return blocks.gather(1, own.argmax(1, keepdim=True)).reshape(x, y, z)


def background_cells(low, cells, patch, volume, at_least):
    """Cells whose footprint holds no foreground voxel of the global labels; none if too few are left."""
    labels = low.detach().argmax(1)[0]
    empty = []
    for cell in cells:
        box = tuple(
            slice(cell[d] * labels.shape[d] // volume[d], -(-(cell[d] + patch) * labels.shape[d] // volume[d]))
            for d in range(3)
        )
        empty.append(not bool((labels[box] != 0).any()))
    return torch.tensor(empty if len(cells) - sum(empty) >= at_least else [False] * len(cells))


def top_k(logits, noise, k, variant):
    """Per pick the cell and z, [N]: eq. 1 to 4."""
    keys = logits + noise
    picks = []
    for _ in range(min(k, len(logits))):
        soft = F.softmax(keys / TAU, 0)
        n = int(keys.argmax())
        hot = torch.zeros_like(soft)
        hot[n] = 1
        picks.append((n, hot * soft if variant == "paper" else ((hot - soft).detach() + soft) * soft))
        keys = keys.masked_fill(hot.bool(), -math.inf)
    return picks


def random_start(labels, patch, uniforms):
    """Around a foreground voxel or a background one, each with probability 0.5."""
    wanted = labels.flatten() != 0 if next(uniforms) < 0.5 else labels.flatten() == 0
    voxels = wanted.nonzero()[:, 0]
    voxel = int(voxels[int(next(uniforms) * len(voxels))])
    _, y, z = labels.shape
    centre = voxel // (y * z), voxel // z % y, voxel % z
    return tuple(max(0, min(n - patch, c - patch // 2)) for c, n in zip(centre, labels.shape))


def box(volume, start, patch):
    x, y, z = start
    return volume[..., x : x + patch, y : y + patch, z : z + patch]


# ---------------------------------------------------------------- fusion and loss, sections 7 and 8

def gaussian(patch, like):
    x = torch.arange(patch, dtype=torch.float64) - (patch - 1) / 2
    axis = torch.exp(-(x**2) / (2 * (0.125 * patch) ** 2))
    return torch.einsum("x,y,z->xyz", axis, axis, axis).clamp(min=1e-3).to(like.dtype)


def fuse(low, patches, at, class_weight, volume):
    """Covered: sig(c) times the weighted mean of the patches plus (1 - sig(c)) U; elsewhere U."""
    patch = patches.shape[-1]
    weight = gaussian(patch, low)
    total = torch.zeros(volume, dtype=low.dtype)
    for start in at:
        box(total, start, patch).add_(weight)
    s = torch.sigmoid(class_weight).reshape(-1, 1, 1, 1)
    u = F.interpolate(low, size=volume, mode="trilinear", align_corners=False)[0]
    fused = u * (1 - s * (total > 0))
    for start, logits in zip(at, patches):
        box(fused, start, patch).add_(s * (weight / box(total, start, patch)) * logits)
    return fused[None]


def dice_ce(logits, labels):
    """Soft Dice without background, per sample, absent classes counted; cross-entropy over voxels."""
    logs = F.log_softmax(logits.flatten(2), 1)
    labels = labels.flatten(1)
    true = logs.gather(1, labels[:, None])[:, 0]
    zero = torch.zeros(logs.shape[:2], dtype=logs.dtype)
    hit = zero.scatter_add(1, labels, true.exp())[:, 1:]
    mass = logs.exp().sum(2)[:, 1:]
    size = zero.scatter_add(1, labels, torch.ones_like(true))[:, 1:]
    dice = 1 - (2 * hit + SMOOTH) / (mass + size + SMOOTH)
    return DICE * dice.mean() - CROSS_ENTROPY * true.mean()


def forward(p, image, labels, uniforms, setting, variant, check=lambda *decided: None):
    """The terms of eq. 7."""
    part = lambda prefix: {n[len(prefix) :]: v for n, v in p.items() if n.startswith(prefix)}
    uniforms = iter(uniforms)
    volume, patch, rate, k = tuple(image.shape), setting["patch"], setting["rate"], setting["topK"]
    classes = len(p["class_weight"])
    grid = [starts(n, patch, setting["overlap"]) for n in volume]
    cells = [(x, y, z) for x in grid[0] for y in grid[1] for z in grid[2]]

    low, feature = unet(part("global."), F.avg_pool3d(image[None, None], rate))
    s = objectness(part("head."), feature, grid, patch, volume)
    empty = background_cells(low, cells, patch, volume, k)
    masked = s + PENALTY * empty
    noise = masked.new_tensor([-math.log(-math.log(next(uniforms) + 1e-20) + 1e-20) for _ in cells])
    picks = top_k(masked, noise, k, variant)
    check(low, empty, masked + noise, picks)
    at = [cells[n] for n, _ in picks]
    if variant == "paper":
        chosen = [z[n] * box(image, cells[n], patch) for n, z in picks]
    else:
        every = torch.stack([box(image, cell, patch) for cell in cells])
        chosen = list(torch.einsum("kn,nxyz->kxyz", torch.stack([z for _, z in picks]), every))
    for _ in range(setting["randomPatches"]):
        at.append(random_start(labels, patch, uniforms))
        chosen.append(box(image, at[-1], patch))

    logits, _ = unet(part("local."), torch.stack(chosen)[:, None])
    fused = fuse(low, logits[:k], at[:k], p["class_weight"], volume)
    of_low = dice_ce(low, low_labels(labels, rate, classes)[None])
    of_high = dice_ce(fused, labels[None])
    of_patches = dice_ce(logits, torch.stack([box(labels, start, patch) for start in at]))
    logs = F.log_softmax(masked, 0)
    entropy = -(logs.exp() * logs).sum()
    total = of_low + of_high + of_patches - LAMBDA * entropy
    return {"low": of_low, "high": of_high, "patch": of_patches, "entropy": entropy, "total": total}


# ---------------------------------------------------------------- optimiser, section 9

def decays(name):
    """No decay of biases, PReLU slopes and class weights: what is left are the kernels."""
    return name.split(".")[-1].startswith("w")


def optimiser(p, rate, decay):
    groups = [
        {"params": [v for n, v in p.items() if decays(n)], "weight_decay": decay},
        {"params": [v for n, v in p.items() if not decays(n)], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=rate, betas=BETAS, eps=EPSILON)


# ---------------------------------------------------------------- files

def read(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    return {
        name: torch.frombuffer(data, dtype=torch.float32, count=math.prod(entry["shape"]),
                               offset=entry["data_offsets"][0]).reshape(entry["shape"])
        for name, entry in header.items()
    }


def write(path, tensors):
    header, parts, at = {}, [], 0
    for name, tensor in tensors.items():
        values = tensor.detach().flatten().tolist()
        parts.append(struct.pack(f"<{len(values)}f", *values))
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [at, at + len(parts[-1])]}
        at += len(parts[-1])
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(parts))


def under(prefix, tensors):
    return {prefix + name: tensor for name, tensor in tensors.items()}


# ---------------------------------------------------------------- golden values

# The optimiser is amid a run: with moments of its own the update shows the clipping, and no gradient of nearly nothing
# decides about a whole step.
GOLDEN = {"patch": 8, "overlap": 0.25, "rate": 2, "topK": 3, "randomPatches": 1}
RATE, DECAY, CLIP, STEP = 0.01, 0.5, 0.2, 7
# What passes check(): the bias of the global network's background makes some cells empty.
SEED, BACKGROUND = 14, 2.0


def parameters(generator):
    """Global U-Net of 4, 3, 3 channels, local one of 3, 4, 4; three classes."""
    p = {}

    def add(name, *shape, scale=None):
        scale = scale or 1 / math.sqrt(math.prod(shape[1:]))
        p[name] = (torch.rand(shape, generator=generator) * 2 - 1) * scale * 1.7

    def block(name, c_in, c, kind):
        if kind == "down":
            for i, n in ((0, c_in), (1, c)):
                add(f"{name}.w{i}", c, n, 3, 3, 3)
                add(f"{name}.b{i}", c, scale=0.3)
                p[f"{name}.a{i}"] = torch.tensor([0.25 - 0.1 * i])
            if c_in != c or not name.endswith("d2"):
                add(f"{name}.wr", c, c_in, 3, 3, 3)
                add(f"{name}.br", c, scale=0.3)
        else:
            add(f"{name}.wt", c_in, c, 3, 3, 3)
            add(f"{name}.bt", c, scale=0.3)
            p[f"{name}.at"] = torch.tensor([0.3])
            add(f"{name}.w", c, c, 3, 3, 3)
            add(f"{name}.b", c, scale=0.3)
            if kind == "up":
                p[f"{name}.a"] = torch.tensor([0.2])

    for net, (a, b, c) in (("global", (4, 3, 3)), ("local", (3, 4, 4))):
        block(f"{net}.d0", 1, a, "down")
        block(f"{net}.d1", a, b, "down")
        block(f"{net}.d2", b, c, "down")
        block(f"{net}.u0", c + b, a, "up")
        block(f"{net}.u1", 2 * a, 3, "top")
        if net == "global":
            for i, (n, m) in enumerate(((4, 2), (2, 2), (2, 1), (1, 1))):
                add(f"head.w{i}", m, n, scale=1.2)
                add(f"head.b{i}", m, scale=0.5)
    p["class_weight"] = torch.tensor([0.3, -0.6, 1.1])
    p["global.u1.b"] += torch.tensor([BACKGROUND, 0, 0])
    return p


def sample():
    """A ball of each class in waves, padding along one face."""
    x, y, z = torch.meshgrid(*(torch.arange(n, dtype=torch.float64) for n in (24, 16, 32)), indexing="ij")
    image = 0.5 + 0.25 * torch.sin(0.9 * x + 0.4 * y) * torch.cos(0.7 * z) + 0.2 * torch.sin(2.1 * y - 1.3 * z)
    labels = torch.zeros(image.shape)
    for label, (centre, radius) in enumerate((((8, 7, 9), 5.2), ((16, 9, 24), 4.4)), 1):
        inside = (x - centre[0]) ** 2 + (y - centre[1]) ** 2 + (z - centre[2]) ** 2 <= radius**2
        labels[inside] = label
        image[inside] += 0.15 * label
    image[:, :, 30:] = -0.1
    return image.float(), labels


def moments(value, phase):
    i = torch.arange(value.numel(), dtype=torch.float64).reshape(value.shape)
    return 2e-3 * torch.sin(0.7 * i + phase), 1e-4 * (1.5 + torch.cos(1.1 * i + phase))


def check(low, empty, keys, picks):
    """What is decided must not hang on float32's rounding."""
    two = low.detach().topk(2, 1).values[0]
    assert (two[0] - two[1]).min() > 1e-5, "labels of the global network"
    assert 0.2 < empty.double().mean() < 0.8, "background cells"
    best = keys.detach().sort(descending=True).values
    assert (best[: len(picks)] - best[1 : len(picks) + 1]).min() > 1e-3, "picks"
    # A pick that takes nearly all or nothing has no gradient.
    assert all(0.05 < float(z[n]) < 0.95 for n, z in picks), "soft picks"


def golden(path):
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(SEED)
    start = parameters(generator)
    image, labels = sample()
    uniforms = torch.rand(200, generator=generator)
    out = {"image": image, "labels": labels, "uniforms": uniforms, **under("start/", start)}
    for variant in ("paper", "st"):
        p = {name: value.double().requires_grad_() for name, value in start.items()}
        terms = forward(p, image.double(), labels.long(), uniforms.tolist(), GOLDEN, variant, check)
        terms["total"].backward()
        gradients = {name: value.grad.clone() for name, value in p.items()}
        optimise = optimiser(p, RATE, DECAY)
        for phase, value in enumerate(p.values()):
            first, second = moments(value, phase)
            optimise.state[value] = {"step": torch.tensor(STEP - 1.0), "exp_avg": first, "exp_avg_sq": second}
        length = torch.nn.utils.clip_grad_norm_(p.values(), CLIP)
        assert length > 1.2 * CLIP, f"nothing to clip: {length}"
        optimise.step()
        out.update(under(f"{variant}/terms/", terms))
        out[f"{variant}/norm"] = length
        out.update(under(f"{variant}/gradient/", gradients))
        out.update(under(f"{variant}/updated/", p))
    write(path, out)


# ---------------------------------------------------------------- time

def timed(path, threads, runs):
    torch.set_num_threads(threads)
    tensors = read(path)
    p = {name[6:]: value.clone().requires_grad_() for name, value in tensors.items() if name.startswith("start/")}
    image, labels, uniforms = tensors["image"], tensors["labels"].long(), tensors["uniforms"].tolist()
    setting = {name: float(tensors["setting/" + name]) for name in GOLDEN}
    setting = {name: value if name == "overlap" else int(value) for name, value in setting.items()}
    optimise = optimiser(p, 3e-4, 1e-5)
    for _ in range(runs + 1):
        begin = time.perf_counter()
        optimise.zero_grad(set_to_none=True)
        terms = forward(p, image, labels, uniforms, setting, "st")
        terms["total"].backward()
        torch.nn.utils.clip_grad_norm_(p.values(), 1.0)
        optimise.step()
        seconds = time.perf_counter() - begin
        print("step", float(terms["total"]), seconds, flush=True)
    peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print("peak", int(peak) * 1024, flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "golden":
        golden(sys.argv[2])
    else:
        timed(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
