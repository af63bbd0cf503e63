// Preloaded into a Python interpreter that serves forks (libs/sandbox/src/fork_server.hpp). The interpreter starts as it
// does for `python3 main.py`; where it opens the main file, this waits for orders instead. For each it makes a process
// in the namespaces of the run's init, takes there the steps that job.cpp takes before an exec, and runs the main file
// by the interpreter's own functions. Its end is the interpreter's too, without what the kernel does as well: taking
// apart every module that was there before the program writes to most pages, and each would be copied first.
#define _GNU_SOURCE
#include "../take/cold_start.h"
#include "fork_order.h"
#include "fork_process.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// The interpreter's, as its stable interface has them; there are no headers of it where this is built.
typedef struct python_object PyObject;
typedef FILE* open_function(const char*, const char*);
#define FROM_PYTHON(result, name, ...) extern result name(__VA_ARGS__) __attribute__((weak))
FROM_PYTHON(PyObject*, PyRun_FileExFlags, FILE*, const char*, int, PyObject*, PyObject*, int, void*);
FROM_PYTHON(PyObject*, PyRun_String, const char*, int, PyObject*, PyObject*);
FROM_PYTHON(PyObject*, PyImport_AddModule, const char*);
FROM_PYTHON(PyObject*, PyImport_GetModule, PyObject*);
FROM_PYTHON(PyObject*, PyImport_GetModuleDict, void);
FROM_PYTHON(long, PyImport_GetMagicNumber, void);
FROM_PYTHON(PyObject*, PyModule_GetDict, PyObject*);
FROM_PYTHON(PyObject*, PyDict_New, void);
FROM_PYTHON(PyObject*, PyDict_Keys, PyObject*);
FROM_PYTHON(PyObject*, PyDict_GetItemString, PyObject*, const char*);
FROM_PYTHON(int, PyDict_DelItem, PyObject*, PyObject*);
FROM_PYTHON(int, PySet_Contains, PyObject*, PyObject*);
FROM_PYTHON(ptrdiff_t, PyList_Size, PyObject*);
FROM_PYTHON(PyObject*, PyList_GetItem, PyObject*, ptrdiff_t);
FROM_PYTHON(PyObject*, PySys_GetObject, const char*);
FROM_PYTHON(int, PySys_SetObject, const char*, PyObject*);
FROM_PYTHON(void, PySys_WriteStderr, const char*, ...);
FROM_PYTHON(PyObject*, PyObject_CallMethod, PyObject*, const char*, const char*, ...);
FROM_PYTHON(PyObject*, PyObject_CallFunction, PyObject*, const char*, ...);
FROM_PYTHON(PyObject*, PyObject_GetAttrString, PyObject*, const char*);
FROM_PYTHON(int, PyObject_IsTrue, PyObject*);
FROM_PYTHON(int, PyObject_IsInstance, PyObject*, PyObject*);
FROM_PYTHON(void, PyObject_GC_Track, void*);
FROM_PYTHON(void, PyObject_GC_UnTrack, void*);
FROM_PYTHON(int, PyFile_WriteObject, PyObject*, PyObject*, int);
FROM_PYTHON(PyObject*, PyUnicode_FromString, const char*);
FROM_PYTHON(PyObject*, PyBytes_FromStringAndSize, const char*, ptrdiff_t);
FROM_PYTHON(long, PyLong_AsLong, PyObject*);
FROM_PYTHON(PyObject*, PyErr_Occurred, void);
FROM_PYTHON(int, PyErr_ExceptionMatches, PyObject*);
FROM_PYTHON(void, PyErr_Fetch, PyObject**, PyObject**, PyObject**);
FROM_PYTHON(void, PyErr_NormalizeException, PyObject**, PyObject**, PyObject**);
FROM_PYTHON(void, PyErr_Restore, PyObject*, PyObject*, PyObject*);
FROM_PYTHON(void, PyErr_Clear, void);
FROM_PYTHON(void, PyErr_Print, void);
FROM_PYTHON(void, PyErr_WriteUnraisable, PyObject*);
FROM_PYTHON(long, PyGC_Collect, void);
FROM_PYTHON(int, Py_MakePendingCalls, void);
FROM_PYTHON(void, PyOS_AfterFork_Child, void);
FROM_PYTHON(int, PyGILState_Ensure, void);
FROM_PYTHON(void, PyGILState_Release, int);
FROM_PYTHON(void, Py_DecRef, PyObject*);
extern PyObject* PyExc_SystemExit __attribute__((weak));
extern PyObject* PyExc_KeyboardInterrupt __attribute__((weak));
extern struct python_type PyLong_Type __attribute__((weak));

extern struct python_object _Py_NoneStruct __attribute__((weak));

enum { file_input = 257, print_raw = 1 };

// Run once in the server. What it makes for itself is not left among the modules, and all that there is by now is kept
// out of the collector's sight: to look at an object is to write to its page.
static const char preparation[] =
    "def prepare(path):\n"
    "    import sys, os, io\n"
    "    known = set(sys.modules)\n"
    "    import gc, atexit, _frozen_importlib_external as importer\n"
    "    main = sys.modules['__main__']\n"
    "    main.__loader__ = importer.SourceFileLoader('__main__', path)\n"
    "    main.__file__ = path\n"
    "    main.__cached__ = None\n"
    // Where there is no such file, the interpreter took the folder for that of an interactive one.
    "    sys.path[0] = os.path.dirname(path)\n"
    // Read by the interpreter or the C library once, at the start.
    "    names = {b'HOME', b'LANG', b'LANGUAGE', b'PATH', b'TZ', b'TZDIR', b'GCONV_PATH', b'OPENSSL_CONF'}\n"
    "    starts = (b'PYTHON', b'LC_', b'LD_', b'MALLOC_', b'GLIBC_', b'LOCPATH', b'NLSPATH')\n"
    "    own = [os.fsencode(text) for text in sys.orig_argv]\n"
    "    def take_texts(texts, argc):\n"
    "        texts = texts[:-1].split(b'\\0')\n"
    "        argv = texts[:argc]\n"
    "        env = {}\n"
    "        for text in texts[argc:]:\n"
    "            name, _, value = text.partition(b'=')\n"
    "            env.setdefault(name, value)\n"
    "        had = dict(os.environb)\n"
    "        if argv[:2] != own or any(had.get(n) != env.get(n) for n in {*had, *env}\n"
    "                                  if n in names or n.startswith(starts)):\n"
    "            return False\n"
    "        arguments = [os.fsdecode(text) for text in argv[2:]]\n"
    "        sys.argv[1:] = arguments\n"
    "        sys.orig_argv[2:] = arguments\n"
    "        if list(env.items()) != list(had.items()):\n"
    "            for name in had:\n"
    "                del os.environb[name]\n"
    "            for name, value in env.items():\n"
    "                os.environb[name] = value\n"
    "        return True\n"
    // As the interpreter makes it (create_stdio): the first one was of /dev/null.
    "    def take_input():\n"
    "        before = sys.stdin\n"
    "        buffer = io.open(0, 'rb', -1, None, None, None, False)\n"
    "        buffer.raw.name = '<stdin>'\n"
    "        stream = io.TextIOWrapper(buffer, before.encoding, before.errors, '\\n', False, False)\n"
    "        stream.mode = 'r'\n"
    "        sys.stdin = sys.__stdin__ = stream\n"
    "    for name in set(sys.modules) - known:\n"
    "        del sys.modules[name]\n"
    "    known.discard('__main__')\n"
    "    run_exit_functions = atexit._run_exitfuncs\n"
    "    gc.collect()\n"
    "    gc.freeze()\n"
    "    return take_texts, take_input, known, run_exit_functions\n";

static struct {
    PyObject *take_texts, *take_input, *known, *run_exit_functions, *threading_name;
    unsigned long long libraries;  // loaded by the time it serves
} kept;

static int is_server;

__attribute__((constructor)) static void note_server(void) {
    if (getenv("SLUICE_FORK_SERVER") == NULL) return;
    forget_variable("SLUICE_FORK_SERVER");
    forget_variable("LD_PRELOAD");
    become_server();
    is_server = 1;
}

static int count_libraries(struct dl_phdr_info* info, size_t size, void* to) {
    (void)size;
    *(unsigned long long*)to = info->dlpi_adds;
    return 1;
}

static unsigned long long libraries(void) {
    unsigned long long count = 0;
    dl_iterate_phdr(count_libraries, &count);
    return count;
}

static PyObject* item(PyObject* prepared, ptrdiff_t index) {
    PyObject* all = PyObject_CallMethod(prepared, "__getitem__", "n", index);
    if (all == NULL) _exit(1);
    return all;
}

static void prepare(const char* path) {
    PyObject* names = PyDict_New();
    PyObject* builtins = PyImport_AddModule("builtins");
    if (names == NULL || builtins == NULL) _exit(1);
    PyObject* ran = PyRun_String(preparation, file_input, names, names);
    PyObject* function = ran == NULL ? NULL : PyDict_GetItemString(names, "prepare");
    PyObject* made = function == NULL ? NULL : PyObject_CallFunction(function, "s", path);
    if (made == NULL) _exit(1);
    kept.take_texts = item(made, 0);
    kept.take_input = item(made, 1);
    kept.known = item(made, 2);
    kept.run_exit_functions = item(made, 3);
    kept.threading_name = PyUnicode_FromString("threading");
    kept.libraries = libraries();
    // What a program puts there must be found by the collector once the program is over.
    PyObject* module = PyImport_AddModule("__main__");
    PyObject* globals = PyModule_GetDict(module);
    PyObject_GC_UnTrack(module);
    PyObject_GC_Track(module);
    PyObject_GC_UnTrack(globals);
    PyObject_GC_Track(globals);
}

static void forget(PyObject* object) {
    if (object != NULL) Py_DecRef(object);
}

// 0, or -1 when the standard output could not be written.
static int flush_streams(int is_told) {
    int status = 0;
    PyObject* out = PySys_GetObject("stdout");
    if (out != NULL && out != &_Py_NoneStruct) {
        PyObject* closed = PyObject_GetAttrString(out, "closed");
        const int is_closed = closed != NULL && PyObject_IsTrue(closed) > 0;
        PyErr_Clear();
        forget(closed);
        if (!is_closed) {
            PyObject* done = PyObject_CallMethod(out, "flush", NULL);
            if (done == NULL) {
                if (is_told) PyErr_WriteUnraisable(out);
                PyErr_Clear();
                status = -1;
            }
            forget(done);
        }
    }
    PyObject* err = PySys_GetObject("stderr");
    if (err != NULL && err != &_Py_NoneStruct) {
        PyObject* closed = PyObject_GetAttrString(err, "closed");
        const int is_closed = closed != NULL && PyObject_IsTrue(closed) > 0;
        PyErr_Clear();
        forget(closed);
        if (!is_closed) forget(PyObject_CallMethod(err, "flush", NULL));
        PyErr_Clear();
    }
    return status;
}

// Of Py_FinalizeEx what a program can notice, in its order.
static void end_interpreter(int status, int signal_number) {
    PyObject* threading = PyImport_GetModule(kept.threading_name);
    if (threading != NULL) {
        PyObject* done = PyObject_CallMethod(threading, "_shutdown", NULL);
        if (done == NULL) PyErr_WriteUnraisable(threading);
        forget(done);
    }
    PyErr_Clear();
    if (Py_MakePendingCalls() < 0) PyErr_Clear();
    forget(PyObject_CallFunction(kept.run_exit_functions, NULL));
    PyErr_Clear();
    if (flush_streams(1) < 0) status = 120;
    PyGC_Collect();
    for (int i = 0; i < 3; ++i) {
        static const char* const names[] = {"last_type", "last_value", "last_traceback"};
        if (PySys_GetObject(names[i]) != NULL) PySys_SetObject(names[i], &_Py_NoneStruct);
    }
    PyObject* modules = PyImport_GetModuleDict();
    PyObject* names = PyDict_Keys(modules);
    for (ptrdiff_t i = 0; names != NULL && i < PyList_Size(names); ++i) {
        PyObject* name = PyList_GetItem(names, i);
        if (PySet_Contains(kept.known, name) == 0) PyDict_DelItem(modules, name);
        PyErr_Clear();
    }
    forget(threading);
    PyGC_Collect();
    // By now the interpreter's own streams would be gone, and flushed by that.
    (void)flush_streams(0);
    fflush(NULL);
    if (signal_number != 0) {
        signal(signal_number, SIG_DFL);
        kill(getpid(), signal_number);
    }
    // What the program's own libraries do at the end; the interpreter's have nothing to do.
    if (libraries() != kept.libraries) exit(status);
    _exit(status);
}

// As handle_system_exit has it.
static int status_of_exit(void) {
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    fflush(stdout);
    int status = 0;
    PyObject* code = value == NULL ? NULL : PyObject_GetAttrString(value, "code");
    PyErr_Clear();
    PyObject* said = code != NULL ? code : value;
    if (said != NULL && said != &_Py_NoneStruct) {
        if (PyObject_IsInstance(said, (PyObject*)&PyLong_Type) > 0) {
            status = (int)PyLong_AsLong(said);
            if (PyErr_Occurred() != NULL) PyErr_Clear();
        } else {
            PyObject* err = PySys_GetObject("stderr");
            if (err != NULL && err != &_Py_NoneStruct) PyFile_WriteObject(said, err, print_raw);
            PySys_WriteStderr("\n");
            PyErr_Clear();
            status = 1;
        }
    }
    forget(code);
    forget(type);
    forget(value);
    forget(trace);
    return status;
}

static void flush_after_run(void) {
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    for (int i = 0; i < 2; ++i) {
        PyObject* stream = PySys_GetObject(i == 0 ? "stderr" : "stdout");
        if (stream == NULL) continue;
        forget(PyObject_CallMethod(stream, "flush", NULL));
        PyErr_Clear();
    }
    PyErr_Restore(type, value, trace);
}

static void run_main_file(FILE* file, const char* path) {
    PyObject* globals = PyModule_GetDict(PyImport_AddModule("__main__"));
    PyObject* result = PyRun_FileExFlags(file, path, file_input, globals, globals, 1, NULL);
    flush_after_run();
    if (result != NULL) {
        forget(result);
        end_interpreter(0, 0);
    }
    if (PyErr_ExceptionMatches(PyExc_SystemExit)) end_interpreter(status_of_exit(), 0);
    const int is_interrupt = PyErr_Occurred() == PyExc_KeyboardInterrupt;
    PyErr_Print();
    end_interpreter(is_interrupt ? 128 + SIGINT : 1, is_interrupt ? SIGINT : 0);
}

// Neither compiled already nor an archive, which the interpreter runs in other ways.
static int is_plain_source(FILE* file) {
    struct stat info;
    unsigned char head[2] = {0, 0};
    if (fstat(fileno(file), &info) < 0 || !S_ISREG(info.st_mode)) return 0;
    const ssize_t size = pread(fileno(file), head, sizeof head, 0);
    const long magic = PyImport_GetMagicNumber();
    return size < 2 || !((head[0] == 'P' && head[1] == 'K') ||
                         (head[0] == (magic & 0xff) && head[1] == ((magic >> 8) & 0xff)));
}

static int takes_order(void) {
    struct stat ignored;
    // Read by the interpreter at its start.
    if (lstat("/box/.local", &ignored) == 0) return 0;
    if (!has_own_texts()) {
        PyObject* texts = PyBytes_FromStringAndSize(order_texts(), (ptrdiff_t)order_size());
        PyObject* taken =
            texts == NULL ? NULL : PyObject_CallFunction(kept.take_texts, "Oi", texts, order_argc());
        if (taken == NULL || PyObject_IsTrue(taken) <= 0) return 0;
        forget(texts);
        forget(taken);
    }
    if (order_has_input()) {
        PyObject* taken = PyObject_CallFunction(kept.take_input, NULL);
        if (taken == NULL) return 0;
        forget(taken);
    }
    return 1;
}

static FILE* open_here(const char* path, const char* mode, open_function* real) {
    static const char main_file[] = "/box/main.py";
    if (!is_server || strcmp(path, main_file) != 0) return real(path, mode);
    is_server = 0;
    // The interpreter gave its lock up to open the file.
    const int lock = PyGILState_Ensure();
    prepare(path);
    serve_orders();  // comes back in each program
    PyOS_AfterFork_Child();
    if (!takes_order()) become_cold();
    FILE* file = real(path, mode);
    if (file != NULL && is_plain_source(file)) run_main_file(file, path);
    if (file != NULL) become_cold();
    PyGILState_Release(lock);
    return file;
}

__attribute__((visibility("default"))) FILE* fopen64(const char* path, const char* mode) {
    static open_function* real;
    if (real == NULL) real = (open_function*)dlsym(RTLD_NEXT, "fopen64");
    return open_here(path, mode, real);
}

__attribute__((visibility("default"))) FILE* fopen(const char* path, const char* mode) {
    static open_function* real;
    if (real == NULL) real = (open_function*)dlsym(RTLD_NEXT, "fopen");
    return open_here(path, mode, real);
}
