# The page of consent flags that all terminals of a home map: where each word is.
#
# A file of one page, ``flags`` in the home. ``reports.consent.flags_page`` is its only
# writer; a terminal maps it to read and looks at one byte of it in every call. Words
# are 8 bytes, aligned, in the machine's byte order:
#
# ====== =========================================================================
# offset
# ====== =========================================================================
# 0      magic and version of this layout: ``CWFLAG\0\1``
# 8      one byte, the state: 0 nothing is on; any other value changes with each
#        change of the page, so that a look at it tells whether what one knows holds
# 16     usage: 0 off, else the sequence number of the grant that is in force
# 24     performance, the same
# 32     features, the same
# 40     plugins, the same
# ====== =========================================================================
#
# What follows is the writer's own.

MAGIC = b"CWFLAG\0\1"
PAGE_BYTES = 4096
STATE = 8
GRANTS = 16
CATEGORIES = ("usage", "performance", "features", "plugins")
