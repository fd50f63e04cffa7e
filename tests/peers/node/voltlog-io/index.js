// The functions of voltlog-io that ocpp-ws-io calls when it is told to log. The peers tell it not to.
'use strict';

const refuse = () => {
  throw new Error('the peers of the tests log nothing');
};

module.exports = { consoleTransport: refuse, prettyTransport: refuse, createLogger: refuse };
