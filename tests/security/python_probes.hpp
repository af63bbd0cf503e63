// Programs that look at whatever could tell them that their interpreter was running before they
// came, and the cold start that they are compared with.
#pragma once

#include "jail_fixture.hpp"

namespace sluice::sandbox::test {

inline const std::vector<std::string> language_env{
    "PATH=/usr/local/bin:/usr/bin:/bin",
    "HOME=/box",
    "LANG=C.UTF-8",
    "TMPDIR=/tmp",
    "PYTHONDONTWRITEBYTECODE=1"};

inline run_request python_main(std::string code) {
    run_request request = program({"/usr/bin/python3", "main.py", "one", "two words"});
    request.what.env = language_env;
    request.files = {pack_of("main.py", code, false)};
    return request;
}

inline const std::vector<std::string> probes{
    "print('hello')",
    "import sys; print(sys.argv, sys.orig_argv, sys.path, sys.flags, sys.warnoptions, "
    "sys.executable)",
    "import sys; print(sorted(sys.modules)); print(sorted(sys.path_importer_cache, key=str))",
    "print(sorted((k, str(v)) for k, v in globals().items() if '0x' not in str(v)))",
    "import sys; print(type(__loader__).__name__, __file__, __name__, __spec__, "
    "sys.modules['__main__'].__dict__ is globals())",
    "import os; print(list(os.environ.items()), os.getcwd(), os.listdir('.'), os.listdir('/tmp'))",
    "import os; print(sorted(os.listdir('/proc/self/fd')), os.getppid(), os.getpid() == "
    "os.getsid(0), os.getuid(), os.umask(0), os.nice(0))",
    "import sys\nfor s in (sys.stdin, sys.stdout, sys.stderr, sys.__stdout__):\n"
    "    print(s, s.name, s.mode, s.encoding, s.errors, s.line_buffering, s.write_through,\n"
    "          s.newlines, s.buffer, s.buffer.raw, s.seekable(), s.fileno(), s.closed)\n",
    "import sys; data = sys.stdin.read(); print(repr(data), len(data))",
    "print(input(), input())",
    "import sys; print([line for line in sys.stdin.buffer])",
    "import traceback; traceback.print_stack(); print(len(__import__('inspect').stack()))",
    "1/0",
    "def f(n):\n    return f(n + 1)\nf(0)\n",
    "def f(:\n    pass\n",
    "x = 1\n\ty = 2\n",
    "raise SystemExit('a sentence')",
    "import sys; sys.exit(3)",
    "import os; os._exit(4)",
    "raise KeyboardInterrupt",
    "import atexit, sys; atexit.register(print, 'at exit'); print('x', end=''); sys.exit(0)",
    "import sys\nsys.excepthook = lambda *a: print('hook', a[0], "
    "a[2].tb_frame.f_code.co_filename,\n"
    "    a[2].tb_frame.f_back)\nraise ValueError(3)\n",
    "import threading, os\nt = threading.Thread(target=lambda: print('thread', "
    "threading.stack_size()))\nt.start(); t.join()\nprint(threading.current_thread().name, "
    "threading.active_count())\n",
    "import multiprocessing\ndef f(x):\n    return x * x\nif __name__ == '__main__':\n"
    "    r, w = multiprocessing.Pipe()\n    p = multiprocessing.Process(target=lambda: "
    "w.send(f(7)))\n    p.start(); print(r.recv()); p.join(); print(p.exitcode)\n",
    "import resource\nfor name in sorted(n for n in dir(resource) if n.startswith('RLIMIT_')):\n"
    "    print(name, resource.getrlimit(getattr(resource, name)))\n",
    "import signal; print([(s, signal.getsignal(s)) for s in sorted(signal.valid_signals()) "
    "if signal.getsignal(s) is not None], signal.pthread_sigmask(signal.SIG_BLOCK, []))",
    "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
    "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
    "import socket; print(socket.AF_UNIX, socket.socketpair()[0].fileno())",
    "import site, locale; print(site.ENABLE_USER_SITE, site.USER_SITE, site.USER_BASE, "
    "locale.getlocale(), locale.getpreferredencoding())",
    "import time; print(time.tzname, time.timezone)",
    "import sys; sys.stderr.write('half'); print('x'); sys.stdout.write('\\udce9\\n')",
    "print([l for l in open('/proc/self/status') if l.startswith(('Uid', 'Gid', 'Groups', 'Cap', "
    "'NoNewPrivs', 'Seccomp:', 'Threads', 'Sig'))], "
    "open('/proc/self/oom_score_adj').read())",
    "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
    "for n, a in ((165, (0, 0, 0, 0, 0)), (272, (0x10000000,)), (101, (0, 1, 0, 0)), (425, (1, "
    "0)),\n"
    "             (321, (0, 0, 0)), (302, (1, 7, b'\\0' * 16, 0)), (62, (1, 9)), (253, ())):\n"
    "    print(n, libc.syscall(n, *a), ctypes.get_errno())\n",
    "import os\nfor p in ('/etc/x', '/usr/x', '/x', '/proc/1/mem', '/proc/1/fd/0'):\n"
    "    try: print(os.open(p, os.O_RDWR | os.O_CREAT))\n"
    "    except OSError as e: print(p, e.errno)\n",
    "import usercustomize",
    "print(open(__file__).read())",
    "import helper",
};

inline const std::vector<std::string> process_id_probes{
    "import os; print(os.getpid(), os.getsid(0), os.getpgid(0))",
    "print([l for l in open('/proc/self/status') if l.startswith(('Pid', 'NSpid', 'Ngid'))])",
};

}  // namespace sluice::sandbox::test
