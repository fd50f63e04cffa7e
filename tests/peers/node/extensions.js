// What OCPP 1.6 did not have before its security extension.
'use strict';

const SECURITY = [
  'CertificateSigned', 'DeleteCertificate', 'ExtendedTriggerMessage', 'GetInstalledCertificateIds', 'GetLog',
  'InstallCertificate', 'LogStatusNotification', 'SecurityEventNotification', 'SignCertificate',
  'SignedFirmwareStatusNotification', 'SignedUpdateFirmware',
];

module.exports = { SECURITY };
