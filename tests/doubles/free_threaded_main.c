/* What makes an interpreter of a program that embeds one: `python3.13t -c TEXT …`.
 *
 * A library that free_threaded_python.py puts in front of libc: the program's own main
 * is left out, and this one runs, which hands the arguments and the environment to
 * CPython as python itself does. Of what may be run it knows -c only.
 *
 * No header of CPython's: none of this build is to be had. The two structures are those
 * of "Python Initialization Configuration" in CPython's C API reference; PyConfig's
 * members are not touched, there is only room for them (some 500 bytes).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    int type;
    const char *function;
    const char *message;
    int exit_code;
} PyStatus;

typedef struct {
    long long room[1024];
} PyConfig;

typedef int Main(int, char **, char **);

void PyConfig_InitPythonConfig(PyConfig *);
PyStatus PyConfig_SetBytesArgv(PyConfig *, long, char **);
PyStatus Py_InitializeFromConfig(const PyConfig *);
int PyStatus_Exception(PyStatus);
void Py_ExitStatusException(PyStatus);
int PyRun_SimpleStringFlags(const char *, void *);
int Py_FinalizeEx(void);

static void begin(int argc, char **argv)
{
    static PyConfig config;
    PyConfig_InitPythonConfig(&config);
    PyStatus status = PyConfig_SetBytesArgv(&config, argc, argv);
    if (!PyStatus_Exception(status))
        status = Py_InitializeFromConfig(&config);
    if (PyStatus_Exception(status))
        Py_ExitStatusException(status);
}

static int run(int argc, char **argv, char **environment)
{
    (void)environment;
    int text = 1;
    while (text < argc && strcmp(argv[text], "-c") != 0)
        text++;
    if (text + 1 >= argc)
        return 2;
    begin(argc, argv);
    int failed = PyRun_SimpleStringFlags(argv[text + 1], NULL);
    return Py_FinalizeEx() < 0 ? 120 : failed != 0;
}

int __libc_start_main(Main *theirs, int argc, char **argv, void (*first)(void),
                      void (*last)(void), void (*unloader)(void), void *stack_end)
{
    (void)theirs;
    int (*real)(Main *, int, char **, void (*)(void), void (*)(void), void (*)(void),
                void *) = dlsym(RTLD_NEXT, "__libc_start_main");
    if (real == NULL)
        abort();
    return real(run, argc, argv, first, last, unloader, stack_end);
}
