"""Reports that wait on disk: whole or not at all, each in the folder of its state.

One entry is one folder ``reports/<state>/<id>/`` of 0600 files: ``report.json`` and
``envelope``, compressed (``at_rest``); ``approval.json`` once agreed to;
``receipt.json`` once delivered; or ``withheld.json`` alone.

Many processes work here at once, and each may die at any instruction. The races, and
why each is harmless:

- *Two writers.* Each writes in a ``.new-`` folder of its own and renames it when it is
  whole and on the disk. Writers take no common lock: a crash never waits for anybody.
- *A sweeper and a writer.* The writer holds ``flock`` on its folder from the start; the
  sweeper removes only folders whose lock it gets, that is, whose writer is dead. A
  writer whose folder was swept before it had the lock sees that and makes another.
- *Two movers* (approve, discard, deliver). They take the spool's lock in turn; who
  comes second finds the report in its new state, and the table says what is legal.
- *A reader and a mover.* A report may vanish between listing and opening: the reader
  looks in the next folder. Listing follows the direction of the moves and misses none.
- *Death between approval and move.* The report is still pending: it is asked for again.
- *Death between the two folders of an amended approval.* The report is queued, and
  pending without its comment: readers take the later state, a sweep removes the other.
- *Death between receipt and move.* The receipt lies in the queued entry: the next
  sweep finishes the move, and nothing is sent again.
- *Death between the server's answer and the receipt.* The report is sent again under
  the same event id, which servers store once.
- *Death in the middle of a discard.* The entry is already hidden as ``.gone-``; the
  next sweep writes the ledger line if it is missing, then removes the rest.
"""
