/* Included after one of upstream's tests, whose main has another name (compile.sh): makes ENTRY, which calls it, whether it takes arguments
 * or none. So all tests can be in one program. */
static int
entry_without_arguments (void *main_function, int argc, char *argv[])
{
  return ((int (*) (void))main_function) ();
}

static int
entry_with_arguments (void *main_function, int argc, char *argv[])
{
  return ((int (*) (int, char **))main_function) (argc, argv);
}

int
ENTRY (int argc, char *argv[])
{
  return _Generic (&main, int (*) (void): entry_without_arguments, default: entry_with_arguments) ((void *)&main, argc, argv);
}
