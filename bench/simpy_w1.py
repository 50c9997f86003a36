"""Workload W1 of the benchmark in SimPy 4, as its documentation would write it: a process per request, a Resource per pod.

usage: python simpy_w1.py REQUESTS SEED        prints one JSON object; `cpu` is the CPU time of the run in seconds
"""

import json
import math
import random
import sys
import time

import simpy

PODS, SLOTS, SERVICE, UTILISATION = 10, 4, 0.010, 0.8


def main(requests: int, seed: int) -> None:
    chance = random.Random(seed)
    env = simpy.Environment()
    pods = [simpy.Resource(env, capacity=SLOTS) for _ in range(PODS)]
    counts: dict[int, int] = {}  # latency histogram, 128 bins an octave
    total = 0.0

    def request(pod):
        nonlocal total
        arrived = env.now
        with pod.request() as slot:
            yield slot
            yield env.timeout(chance.expovariate(1 / SERVICE))
        duration = env.now - arrived
        total += duration
        bin_ = int(math.log2(duration) * 128)
        counts[bin_] = counts.get(bin_, 0) + 1

    def source():
        rate = UTILISATION * PODS * SLOTS / SERVICE
        for _ in range(requests):
            yield env.timeout(chance.expovariate(rate))
            env.process(request(pods[chance.randrange(PODS)]))

    env.process(source())
    begun = time.process_time()
    env.run()
    cpu = time.process_time() - begun
    seen, p99 = 0, 0.0
    for bin_ in sorted(counts):
        seen += counts[bin_]
        if seen >= 0.99 * requests:
            p99 = 2 ** ((bin_ + 0.5) / 128)
            break
    print(json.dumps({"cpu": cpu, "requests": requests, "mean": total / requests, "p99": p99}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
