"""Simulated network traffic with the columns of KDD Cup 1999.

Made for lessons without a network: normal services and the better known
attacks, drawn from a few rules each. No row of the real data is in it.
"""

import numpy as np

COLUMNS = tuple(
    """duration protocol_type service flag src_bytes dst_bytes land
    wrong_fragment urgent hot num_failed_logins logged_in num_compromised
    root_shell su_attempted num_root num_file_creations num_shells
    num_access_files num_outbound_cmds is_host_login is_guest_login count
    srv_count serror_rate srv_serror_rate rerror_rate srv_rerror_rate
    same_srv_rate diff_srv_rate srv_diff_host_rate dst_host_count
    dst_host_srv_count dst_host_same_srv_rate dst_host_diff_srv_rate
    dst_host_same_src_port_rate dst_host_srv_diff_host_rate
    dst_host_serror_rate dst_host_srv_serror_rate dst_host_rerror_rate
    dst_host_srv_rerror_rate""".split()
)
WORDS = list(COLUMNS[1:4])
NUMBERS = [*COLUMNS[:1], *COLUMNS[4:]]

# A number is a constant, (low, high) is drawn evenly, [median,
# spread] log-normally. `count` connections went to the same host in two
# seconds, a share `same` of them for the same service; `hosts` and `near` say
# so of the last 255 connections. s and r are shares of failed connections,
# `port` the share from one port, `other` and `apart` that of other services
# and hosts. The remaining columns follow from these.

USUAL = {
    "count": [2, 0.8],
    "same": 1.0,
    "hosts": [110, 0.8],
    "near": 1.0,
    "other": 0.0,
    "apart": 0.0,
    "s": 0.0,
    "r": 0.0,
    "port": 0.0,
}
WEB = {
    "src_bytes": [240, 0.25],
    "dst_bytes": [1500, 1.3],
    "logged_in": 1,
    "count": [5, 1.1],
    "apart": (0.0, 0.3),
}
MAIL = {
    "duration": (0, 4),
    "src_bytes": [1200, 0.5],
    "dst_bytes": [330, 0.1],
    "logged_in": 1,
    "near": (0.4, 1.0),
    "other": (0.0, 0.2),
}
NAME = {
    "src_bytes": [42, 0.15],
    "dst_bytes": [70, 0.5],
    "count": [8, 1.3],
    "hosts": [200, 0.5],
    "near": (0.8, 1.0),
}
FTP = {
    "duration": [25, 0.2],
    "src_bytes": [400, 0.7],
    "hot": [6, 0.8],
    "dst_bytes": [1300, 0.6],
    "logged_in": 1,
    "is_guest_login": 1,
    "near": (0.1, 0.5),
}
DATA = {
    "src_bytes": [1500, 1.8],
    "logged_in": 1,
    "near": (0.1, 0.6),
    "port": (0.1, 0.6),
}
SHELL = {
    "duration": [60, 1.8],
    "src_bytes": [400, 0.8],
    "logged_in": 1,
    "dst_bytes": [20_000, 1.5],
    "near": (0.02, 0.3),
}
FLOOD = {
    "count": (80, 290),
    "same": (0.01, 0.15),
    "hosts": 255,
    "near": (0.0, 0.08),
    "other": (0.05, 0.09),
}
SCAN = {
    "count": [150, 1.2],
    "same": (0.0, 0.1),
    "hosts": 255,
    "near": 0.0,
    "other": (0.3, 1.0),
}
TRAFFIC = {  # kind: its share, the three words, and what is not as usual
    "normal": (
        (60, "tcp http SF", WEB), (11, "tcp smtp SF", MAIL),
        (6, "tcp http REJ", {"r": (0.5, 1.0), "count": [5, 1.1]}),
        (6, "udp domain_u SF", NAME), (4, "tcp ftp_data SF", DATA),
        (4, "udp other SF", NAME | {"duration": [2500, 1.2], "near": 0.0}),
        (2, "udp private SF", NAME | {"src_bytes": 105}),
        (1, "tcp ftp SF", FTP), (1, "tcp telnet SF", SHELL),
        (1, "icmp eco_i SF", {"src_bytes": [30, 0.5], "port": (0.0, 1.0)}),
        (1, "tcp http RSTO", WEB | {"r": (0.0, 1.0)}),
        (1, "tcp finger S0", {"s": (0.0, 1.0), "near": (0.0, 0.3)}),
    ),
    "neptune": (
        (8, "tcp private S0", FLOOD | {"s": 1}),
        (2, "tcp private REJ", FLOOD | {"r": 1}),
        (1, "tcp remote_job S0", FLOOD | {"s": 1}),
    ),
    "smurf": ((1, "icmp ecr_i SF", {
        "src_bytes": 1032, "count": (300, 511), "hosts": 255, "port": 1}),),
    "teardrop": ((1, "udp private SF", {
        "src_bytes": 28, "wrong_fragment": 3, "count": [55, 0.6],
        "hosts": 255, "near": (0.1, 0.5)}),),
    "pod": ((1, "icmp ecr_i SF", {"src_bytes": 1480, "wrong_fragment": 1}),),
    "land": ((1, "tcp finger S0", {"land": 1, "s": 1}),),
    "back": ((1, "tcp http SF", WEB | {
        "src_bytes": [54_000, 0.02], "dst_bytes": 8314, "hot": 2}),),
    "satan": ((3, "tcp other REJ", SCAN | {"r": (0.7, 1.0)}),
              (1, "udp private SF", SCAN | {"src_bytes": 1})),
    "portsweep": ((1, "tcp private RSTR", SCAN | {
        "count": (1, 3), "same": 1.0, "r": 1, "port": (0.1, 1.0)}),),
    "ipsweep": ((1, "icmp eco_i SF", {
        "src_bytes": 8, "hosts": (1, 3), "apart": (0.4, 1.0), "port": 1}),),
    "nmap": ((1, "icmp eco_i SF", {"src_bytes": 8, "hosts": (1, 9)}),
             (1, "tcp private SH", SCAN | {"count": (1, 3), "s": 1})),
    "warezclient": ((2, "tcp ftp_data SF", DATA | {
        "src_bytes": [2000, 2.2], "hosts": (1, 200), "near": (0.1, 1.0)}),
        (1, "tcp ftp SF", FTP | {"hot": 28})),
    "warezmaster": ((1, "tcp ftp SF", FTP | {"dst_bytes": [5e6, 0.3]}),),
    "guess_passwd": ((1, "tcp telnet RSTO", {
        "src_bytes": 126, "dst_bytes": 179, "hot": 1, "num_failed_logins": 1,
        "r": (0.3, 1.0)}),),
    "buffer_overflow": ((1, "tcp telnet SF", SHELL | {
        "root_shell": 1, "hot": 3, "num_file_creations": (0, 3)}),),
    "rootkit": ((1, "tcp telnet SF", SHELL | {"num_root": (0, 3)}),),
}  # fmt: skip
ROWS = {  # how many rows, and how many of them differ
    "normal": (12_000, 10_800), "neptune": (13_000, 6_000),
    "smurf": (33_500, 80), "teardrop": (120, 110), "pod": (40, 30),
    "land": (5, 3), "back": (270, 120), "satan": (200, 110),
    "portsweep": (130, 60), "ipsweep": (150, 80), "nmap": (30, 20),
    "warezclient": (140, 120), "warezmaster": (6, 6),
    "guess_passwd": (14, 14), "buffer_overflow": (14, 14), "rootkit": (8, 8),
}  # fmt: skip


def simulated_rows(seed=0):
    """Return a table (N, 41) of objects and its labels (N,), with copies."""
    rng, parts, labels = np.random.default_rng(seed), [], []
    for attack, (rows, distinct) in ROWS.items():
        shares = np.array([kind[0] for kind in TRAFFIC[attack]]) * 1.0
        counts = rng.multinomial(distinct, shares / shares.sum())
        for (_, words, given), n in zip(TRAFFIC[attack], counts, strict=True):
            parts.append(_connections(rng, n, words, USUAL | given))
        made = np.concatenate(parts[-len(shares) :])
        parts.append(made[rng.integers(distinct, size=rows - distinct)])
        labels += [attack] * rows
    return np.concatenate(parts), np.array(labels)


def _connections(rng, n, words, given):
    """Draw n connections of one kind: a table (n, 41) of objects."""
    drawn = {name: _draw(rng, n, rule) for name, rule in given.items()}
    count, hosts = (drawn[k].clip(1, 511) for k in ("count", "hosts"))
    hosts = hosts.clip(1, 255)
    alike, near = (count * drawn["same"]).round(), drawn["near"]
    columns = {name: np.zeros(n) for name in NUMBERS}
    columns |= dict(zip(WORDS, ([w] * n for w in words.split()), strict=True))
    columns |= {k: v for k, v in drawn.items() if k in NUMBERS}
    columns |= {
        "count": count,
        "srv_count": np.maximum(alike, rng.integers(1, 4, n)),
        "same_srv_rate": drawn["same"],
        "diff_srv_rate": (1 - drawn["same"]) * drawn["other"],
        "srv_diff_host_rate": drawn["apart"],
        "dst_host_count": hosts,
        "dst_host_srv_count": (hosts * near).round().clip(1),
        "dst_host_same_srv_rate": near,
        "dst_host_diff_srv_rate": (1 - near) * drawn["other"],
        "dst_host_same_src_port_rate": drawn["port"],
        "dst_host_srv_diff_host_rate": drawn["apart"] / 2,
    }
    for kind in "sr":  # the host's past agrees with the present, roughly
        past = (drawn[kind] * rng.uniform(0.6, 1.1, n)).clip(0, 1)
        for start in ("", "srv_", "dst_host_", "dst_host_srv_"):
            share = past if "host" in start else drawn[kind]
            columns[f"{start}{kind}error_rate"] = share
    for name in columns:
        if name.endswith("rate"):
            columns[name] = columns[name].round(2)
    return np.array([columns[name] for name in COLUMNS], dtype=object).T


def _draw(rng, n, rule):
    if isinstance(rule, list):
        return (rule[0] * np.exp(rule[1] * rng.standard_normal(n))).round()
    if not isinstance(rule, tuple):
        return np.full(n, float(rule))
    drawn = rng.uniform(*rule, n)
    return drawn if rule[1] <= 1 else drawn.round()
