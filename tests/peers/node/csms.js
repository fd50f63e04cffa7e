// node csms.js LIBRARY VERSION: a CSMS on a free port of loopback, until its standard input ends.
// Prints one line of JSON when it listens: {"port": 12345}.
'use strict';

const { converse } = require('./asking');

async function main(library, version) {
  const { Csms } = require(version === '1.6' ? './words16' : './words2x');
  const { listen, lacks = [] } = require(`./libraries/${library}`);
  const welcome = (call) => converse(new Csms(version), call, lacks);
  const port = await listen({ version, welcome });
  console.log(JSON.stringify({ port }));
  process.stdin.on('end', () => process.exit(0)).resume();
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
