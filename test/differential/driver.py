"""Plays a script of calls on Debian's Python binding of libnbd, and prints what each gave as a line of JSON.

Usage: driver.py SCRIPT, a file of JSON: {"socket": path or null, "steps": [step, ...]}, in the form that script.ts describes.
"""

import errno
import json
import socket
import sys

import nbd


class Player:
    def __init__(self, path):
        self.path = path
        self.handle = nbd.NBD()
        self.buffers = {}
        self.events = []
        self.cookies = []

    def play(self, step):
        outcome = {}
        self.events = []
        try:
            outcome["result"] = describe(self.call(step))
        except nbd.Error as error:
            outcome["error"] = error.string
            outcome["code"] = error.errno
        outcome["events"] = self.events
        return outcome

    def call(self, step):
        name = step["call"]
        if name == "retire":
            return self.retire(step["args"][0])
        if name == "retire_all":
            return [self.ending(cookie) for cookie in self.cookies]
        if name == "strict_without":
            return self.handle.set_strict_mode(self.handle.get_strict_mode() & ~step["args"][0])
        if name == "buffer":
            return bytes(self.buffers[step["args"][0]])
        args = [self.argument(arg) for arg in step.get("args", [])]
        named = {}
        if "flags" in step:
            named["flags"] = step["flags"]
        if "completion" in step:
            named["completion"] = self.callback(step["completion"])
        result = getattr(self.handle, name)(*args, **named)
        if "completion" in step and result is not None:
            self.cookies.append(result)
        if "answered" in step:
            while self.handle.aio_is_connecting():
                self.handle.poll(-1)
        return result

    def retire(self, cookie):
        while not self.handle.aio_command_completed(cookie):
            self.handle.poll(-1)

    def ending(self, cookie):
        self.cookies = []
        try:
            return self.retire(cookie)
        except nbd.Error as error:
            return [error.string, error.errno]

    def argument(self, arg):
        if not isinstance(arg, dict):
            return arg
        if "int" in arg:
            return int(arg["int"])
        if "hex" in arg:
            return bytearray.fromhex(arg["hex"])
        if "socket" in arg:
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(self.path)
            return connection.detach()
        if "buffer" in arg:
            name = arg["buffer"]
            if name not in self.buffers:
                self.buffers[name] = bytearray([arg["filled"]] * arg["size"])
            return self.buffers[name]
        return self.callback(arg)

    def callback(self, spec):
        """A callback that notes what it is given, and answers what the script says."""

        def called(*args):
            event = [spec["callback"]]
            for arg in args:
                # An error is an object whose value is the number.
                event.append(code(arg.value) if hasattr(arg, "value") else describe(arg))
            self.events.append(event)
            if "error" in spec:
                args[-1].value = getattr(errno, spec["error"])
            return spec.get("returns", 0)

        return called


def describe(value):
    """The same in JSON as our side makes of its values: whole numbers are text, bytes are hexadecimal."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"hex": bytes(value).hex()}
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [describe(each) for each in value]
    return value


def code(number):
    return None if number == 0 else errno.errorcode.get(number, str(number))


def main():
    with open(sys.argv[1]) as file:
        script = json.load(file)
    player = Player(script["socket"])
    for step in script["steps"]:
        print(json.dumps(player.play(step)))


main()
