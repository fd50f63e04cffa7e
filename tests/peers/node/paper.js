// A certificate and a request for one, made for these tests; no key of theirs is kept.
'use strict';

const CERTIFICATE = [
  '-----BEGIN CERTIFICATE-----',
  'MIIBtTCCAVugAwIBAgIUahqY/zR/pXUVGnBrpe4FokfaXJEwCgYIKoZIzj0EAwIw',
  'LzEbMBkGA1UEAwwSUGx1Z2Zlc3QgdGVzdCByb290MRAwDgYDVQQKDAdFeGFtcGxl',
  'MCAXDTI2MTEyMjIzMzIzM1oYDzIwNzYxMTA5MjMzMjMzWjAvMRswGQYDVQQDDBJQ',
  'bHVnZmVzdCB0ZXN0IHJvb3QxEDAOBgNVBAoMB0V4YW1wbGUwWTATBgcqhkjOPQIB',
  'BggqhkjOPQMBBwNCAAQY/C4GCCc17EcBugJCKNBahtTPnvFbKSOq0zrZfDqQYViB',
  '2j1Eto14XizNk5p9eiHQa8EbqfOKq38rfuLutJDlo1MwUTAdBgNVHQ4EFgQUEX1i',
  'maBmtXnqRJXxXRwrBHjDULYwHwYDVR0jBBgwFoAUEX1imaBmtXnqRJXxXRwrBHjD',
  'ULYwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEA/8xJcZyPRtKF',
  '0vaJp8n2Ej4IinSnnpFacnFEqWKmPVwCIFTKwVk+5swcrEFK8TGc4AJmnuWZGxzh',
  '/m+s7gSaPL/8',
  '-----END CERTIFICATE-----',
].join('\n');
const REQUEST = [
  '-----BEGIN CERTIFICATE REQUEST-----',
  'MIHfMIGGAgEAMCQxDzANBgNVBAMMBk5PREV8MTERMA8GA1UECgwITm9kZWxpbmcw',
  'WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQY/C4GCCc17EcBugJCKNBahtTPnvFb',
  'KSOq0zrZfDqQYViB2j1Eto14XizNk5p9eiHQa8EbqfOKq38rfuLutJDloAAwCgYI',
  'KoZIzj0EAwIDSAAwRQIgDI+cUkxXN5lfKqSCxpEbOzKVmfa3D3htY0FbU2dggwgC',
  'IQDJ508rQQMbVfq4wFgTFoSi70Ht+ffAygIs5JK5qxkrcg==',
  '-----END CERTIFICATE REQUEST-----',
].join('\n');

const hashData = {
  hashAlgorithm: 'SHA256', issuerNameHash: '6f'.repeat(32), issuerKeyHash: '4c'.repeat(32), serialNumber: '6a1a98ff',
};

module.exports = { CERTIFICATE, REQUEST, hashData };
