"""A program of your own: a script that calls the task. README.md, chapter 12.

python call.py
"""

from tasks import count_words

result = count_words.delay('one two three')
print(result.get(timeout=10))
