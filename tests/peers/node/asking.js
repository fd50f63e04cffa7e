// How a CSMS of these tests asks its questions, one after the other.
'use strict';

const SKIP = Symbol('skip'); // instead of a payload: there is nothing to ask any more. false: not yet

// Returns what answers a station that has come; after each answer, the next question is asked.
// What becomes of a question is for the hub to see.
function converse(csms, call, lacks) {
  const questions = csms.questions.filter(([action]) => !lacks.includes(action));
  let asking = false;
  function next() {
    const payload = !asking && questions.length && questions[0][1]();
    if (payload === SKIP) questions.shift();
    return payload === SKIP ? next() : payload;
  }
  async function ask() {
    const payload = next();
    if (!payload) return;
    const [action] = questions.shift();
    asking = true;
    await Promise.resolve(call(action, payload)).catch(() => {});
    asking = false;
  }
  const answering = (reply) => (params) => {
    setImmediate(ask); // after this answer has been sent
    return reply(params);
  };
  const offered = Object.entries(csms.replies).filter(([action]) => !lacks.includes(action));
  return Object.fromEntries(offered.map(([action, reply]) => [action, answering(reply)]));
}

module.exports = { SKIP, converse };
