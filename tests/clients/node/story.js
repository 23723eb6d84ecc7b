'use strict';
// What the device stories share. A story gets its settings as one JSON argument and says what happened as JSON lines;
// the Python story that started it judges them. One limit holds for the whole: no story waits for ever.

const LIMIT_MS = 40000;

function say(event, details = {}) {
  console.log(JSON.stringify({ event, ...details }));
}

function end(error) {
  if (error) console.error(error.stack ?? String(error));
  // Native clients keep a process alive for a while; the story is over now.
  process.exit(error ? 1 : 0);
}

// Runs `story(settings)`; a rejected promise is the failure of the story.
function tell(story) {
  setTimeout(() => end(new Error(`the story is not at its end after ${LIMIT_MS} ms`)), LIMIT_MS);
  Promise.resolve(JSON.parse(process.argv[2])).then(story).then(() => end(), end);
}

module.exports = { say, tell };
