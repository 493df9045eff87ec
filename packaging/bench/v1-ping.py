#!/usr/bin/env python3
"""How long a plain blocking client waits for the answer to a ping of protocol version 1.

    v1-ping.py SOCKET                          an agent that speaks version 1 on a unix socket
    v1-ping.py SOCKET --qemu-ga QGA_SOCKET     and qemu-ga's guest-ping, by the same client in the same run

One request is under way at a time. The time is taken from before it is sent until its whole answer is
read; making the request and looking into the answer do not count, since they are Python's cost and
differ between the two encodings. Both agents are asked in turns, block by block, so that whatever else
the machine does meets both. The first pings of each are a warm-up and not counted: a JVM needs some
tens of thousands until it has compiled what they run through. Figures of different runs do not
compare; the ratio of one run does.

Both agents and this program are held on one processor meanwhile, all their threads, and let go
afterwards. Left free, the figure tells which of the two happened to share a processor with the
client: waking a thread on another one costs more than the ping. --free leaves them free.

Of qemu-ga nothing but guest-sync-delimited and guest-ping is asked. Start one for this with

    qemu-ga -m unix-listen -p QGA_SOCKET -t STATE_DIRECTORY

Exit code: 0, or 1 with --max-ratio if the ratio of the medians is above it, or 2 if an agent failed.
Needs Python 3.7 and nothing else.
"""
import argparse
import gc
import json
import os
import socket
import struct
import sys
import time
import uuid

MAGIC = b"QTX\x01"
MAX_LENGTH = 16_777_216
PING, PONG = 10, 50


class OneProcessor:
    """Holds processes on one processor while it is entered; threads that come later inherit it."""

    def __init__(self, processes):
        self.before = {}
        self.processes = processes
        self.processor = max(os.sched_getaffinity(0))

    def __enter__(self):
        for process in self.processes:
            for thread in map(int, os.listdir(f"/proc/{process}/task")):
                self.before[thread] = os.sched_getaffinity(thread)
                os.sched_setaffinity(thread, {self.processor})

    def __exit__(self, *_):
        for process in self.processes:
            try:
                threads = list(map(int, os.listdir(f"/proc/{process}/task")))
            except OSError:
                continue
            first = self.before.get(process)
            for thread in threads:
                try:
                    os.sched_setaffinity(thread, self.before.get(thread, first))
                except OSError:
                    pass


class Stream:
    """A connected unix socket with what was read from it and not used."""

    def __init__(self, path, timeout):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.socket.connect(path)
        self.rest = b""

    def peer(self):
        """The process that listens."""
        credentials = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        return struct.unpack("3i", credentials)[0]

    def send(self, data):
        self.socket.sendall(data)

    def fill(self):
        data = self.socket.recv(65_536)
        if not data:
            raise ConnectionError("the agent closed the connection")
        self.rest += data

    def take(self, count):
        while len(self.rest) < count:
            self.fill()
        data, self.rest = self.rest[:count], self.rest[count:]
        return data

    def take_line(self):
        while b"\n" not in self.rest:
            self.fill()
        line, _, self.rest = self.rest.partition(b"\n")
        return line


def varint(number):
    """A protobuf varint."""
    data = bytearray()
    while number > 0x7F:
        data.append(number & 0x7F | 0x80)
        number >>= 7
    data.append(number)
    return bytes(data)


def delimited(field, content):
    """A protobuf field of bytes, text or a message."""
    return varint(field << 3 | 2) + varint(len(content)) + content


def fields(data):
    """The fields of a protobuf message as (number, value): an int or bytes."""
    at = 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        tag = number()
        kind = tag & 7
        if kind == 0:
            yield tag >> 3, number()
        elif kind == 2:
            length = number()
            yield tag >> 3, data[at:at + length]
            at += length
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
            yield tag >> 3, data[at:at + length]
            at += length
        else:
            raise ValueError(f"wire type {kind}")


class Version1:
    """Asks an agent of version 1; pushes that come between are read and passed over."""

    name = "v1 ping"

    def __init__(self, path, timeout):
        self.stream = Stream(path, timeout)
        self.prefix = str(uuid.uuid4())[:23]
        self.identity = b""
        self.sequence = 0

    def request(self):
        self.sequence += 1
        self.identity = f"{self.prefix}-{self.sequence:012x}".encode()
        now = time.time_ns()
        timestamp = b"\x08" + varint(now // 1_000_000_000) + b"\x10" + varint(now % 1_000_000_000)
        message = (delimited(1, self.identity) + delimited(2, timestamp)
                   + delimited(PING, b"\x08" + varint(self.sequence)))
        return MAGIC + struct.pack(">I", len(message)) + message

    def answer(self):
        while True:
            message = self.frame()
            if self.identity in message:
                return message

    def frame(self):
        """The message of the next frame, behind whatever is none."""
        while True:
            header = self.stream.take(8)
            length = struct.unpack(">I", header[4:])[0]
            if header[:4] == MAGIC and 1 <= length <= MAX_LENGTH:
                return self.stream.take(length)
            self.stream.rest = header[1:] + self.stream.rest

    def check(self, answer):
        message = dict(fields(answer))
        if PONG not in message or dict(fields(message[PONG])).get(1) != self.sequence:
            raise ValueError(f"the answer is no pong with our sequence number: {message}")


class QemuGa:
    """Asks qemu-ga; the protocol is one JSON object for each line."""

    name = "guest-ping"

    def __init__(self, path, timeout):
        self.stream = Stream(path, timeout)
        # Its parser may hold half a request of an earlier client, which 0xFF ends.
        token = time.monotonic_ns() & 0x7FFFFFFF
        self.stream.send(b"\xff")
        self.stream.send(self.line({"execute": "guest-sync-delimited", "arguments": {"id": token}}))
        while self.decoded(self.answer()).get("return") != token:
            pass

    @staticmethod
    def line(request):
        return json.dumps(request).encode() + b"\n"

    @staticmethod
    def decoded(answer):
        return json.loads(answer.lstrip(b"\xff"))

    def request(self):
        return self.line({"execute": "guest-ping"})

    def answer(self):
        return self.stream.take_line()

    def check(self, answer):
        message = self.decoded(answer)
        if "return" not in message:
            raise ValueError(f"the answer is no result: {message}")


def block(client, count):
    """The nanoseconds that each of so many pings took."""
    times = []
    for _ in range(count):
        request = client.request()
        begin = time.perf_counter_ns()
        client.stream.send(request)
        answer = client.answer()
        times.append(time.perf_counter_ns() - begin)
        client.check(answer)
    return times


def measure(clients, options):
    """All times of each client, in the order of the clients."""
    for client in clients:
        block(client, options.warm_up)
    times = [[] for _ in clients]
    order = list(range(len(clients)))
    gc.collect()
    gc.disable()
    while len(times[0]) < options.count:
        count = min(options.block, options.count - len(times[0]))
        for index in order:
            times[index] += block(clients[index], count)
        # Who came first comes last, so that neither always follows the other.
        order.reverse()
    gc.enable()
    return times


def summary(name, times):
    ordered = sorted(times)

    def at(share):
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] / 1e3, 1)

    return {"what": name, "count": len(ordered), "p50_us": at(0.50), "p90_us": at(0.90),
            "p99_us": at(0.99), "max_us": at(1.0)}


def arguments():
    def positive(text):
        value = int(text)
        if value < 1:
            raise argparse.ArgumentTypeError("must be 1 or more")
        return value

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("socket", metavar="SOCKET", help="unix socket of an agent of version 1")
    parser.add_argument("--qemu-ga", metavar="SOCKET", help="unix socket of qemu-ga, to compare with")
    parser.add_argument("--count", type=positive, default=10_000, help="pings that count, for each (%(default)s)")
    parser.add_argument("--warm-up", type=positive, default=30_000, help="pings before, for each (%(default)s)")
    parser.add_argument("--block", type=positive, default=250, help="pings until the other's turn (%(default)s)")
    parser.add_argument("--timeout", type=float, default=10.0, help="seconds to wait for an answer (%(default)s)")
    parser.add_argument("--max-ratio", type=float, help="fail if p50 is more than so many times qemu-ga's")
    parser.add_argument("--free", action="store_true", help="let all use every processor; see above")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    if options.max_ratio is not None and options.qemu_ga is None:
        parser.error("--max-ratio needs --qemu-ga")
    return options


def main():
    options = arguments()
    try:
        clients = [Version1(options.socket, options.timeout)]
        if options.qemu_ga is not None:
            clients.append(QemuGa(options.qemu_ga, options.timeout))
        processes = [] if options.free else [os.getpid()] + [client.stream.peer() for client in clients]
        with OneProcessor(processes):
            results = [summary(client.name, times)
                       for client, times in zip(clients, measure(clients, options))]
    except (OSError, ValueError, IndexError) as error:
        print(f"{os.path.basename(sys.argv[0])}: {error}", file=sys.stderr)
        return 2
    report = {"results": results}
    if len(results) == 2:
        report["ratio_p50"] = round(results[0]["p50_us"] / results[1]["p50_us"], 3)
        report["ratio_p99"] = round(results[0]["p99_us"] / results[1]["p99_us"], 3)
    if options.json:
        print(json.dumps(report))
    else:
        for result in results:
            print("{what:<10}  p50 {p50_us:8.1f} us  p90 {p90_us:8.1f} us  p99 {p99_us:8.1f} us"
                  "  max {max_us:9.1f} us  n={count}".format(**result))
        if "ratio_p50" in report:
            print(f"ratio       p50 {report['ratio_p50']:8.3f}     p99 {report['ratio_p99']:8.3f}")
    if options.max_ratio is not None and report["ratio_p50"] > options.max_ratio:
        print(f"the ratio of the medians is above {options.max_ratio}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
