"""What the source says of an exception's message, found when one was not caught.

Loaded then and not before. ``message.message_of`` is the way in. Nothing of a message
itself is given away: what the source wrote is, in its order, with holes for the rest.
"""
