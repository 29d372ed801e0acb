"""What a run leaves behind where nobody watches: files, annotations, a summary.

Everything here is made of finished reports and of numbers: nothing raw comes in.
"""
