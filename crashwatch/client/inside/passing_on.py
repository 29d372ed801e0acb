# Exceptions that are the program's own, though they come up in the middle of our work.
#
# A signal handler runs wherever the main thread happens to be, also within a call of
# ours, and may raise: that is how a program ends its own waiting. Swallowed, it would
# wait for ever. The same goes for what another thread sends into this one
# (``PyThreadState_SetAsyncExc``).

_OURS = ("_crashwatch_client", "crashwatch.client")


def pass_on(error: BaseException) -> None:
    # Raise an exception again unless it is one of our own making.
    #
    # A handler is known by its frame: it was handed the frame that it interrupted, and
    # nothing that we call is ever handed a frame of ours. What was sent by a thread
    # comes up in our code itself, which raises built-in exceptions only.
    trace = error.__traceback__
    if isinstance(
        error, KeyboardInterrupt
    ):  # its handler is none of Python's functions
        raise error
    if trace is None:
        return
    while trace.tb_next is not None:
        ours, trace = trace.tb_frame, trace.tb_next
        for value in trace.tb_frame.f_locals.values():
            if value is ours or (type(value) is tuple and ours in value):
                raise error
    name = trace.tb_frame.f_globals.get("__name__", "")
    if type(error).__module__ != "builtins" and str(name).startswith(_OURS):
        raise error
