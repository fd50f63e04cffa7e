// The words of OCPP 1.6 and of its security extension.
'use strict';

const { CERTIFICATE, REQUEST, hashData } = require('./paper');
const { SKIP } = require('./asking');

const DRIVER = 'C0FFEE03';
const REMOTE_DRIVER = 'C0FFEE04';
const FOLLOWS = {
  GetDiagnostics: ['DiagnosticsStatusNotification', ['Uploading', 'Uploaded']],
  UpdateFirmware: ['FirmwareStatusNotification', ['Downloading', 'Downloaded', 'Installing', 'Installed']],
  GetLog: ['LogStatusNotification', ['Uploading', 'Uploaded']],
  SignedUpdateFirmware: [
    'SignedFirmwareStatusNotification', ['Downloading', 'Downloaded', 'SignatureVerified', 'Installing', 'Installed'],
  ],
};

const now = () => new Date().toISOString();
const inAnHour = () => new Date(Date.now() + 3600e3).toISOString();
const accepted = () => ({ status: 'Accepted' });
const empty = () => ({});

let transactions = 0;

class Station {
  constructor(call, plate, { celsius = true } = {}) {
    this.call = call;
    this.plate = plate;
    this.celsius = celsius;
    this.energy = 5000;
    this.transactionId = null;
    this.stopAsked = false;
    this.replies = {
      GetConfiguration: () => ({
        configurationKey: [{ key: 'HeartbeatInterval', readonly: false, value: '300' }],
        unknownKey: ['NoSuchKey'],
      }),
      ChangeConfiguration: accepted,
      TriggerMessage: accepted,
      ChangeAvailability: accepted,
      DataTransfer: () => ({ status: 'UnknownVendorId' }),
      ClearCache: accepted,
      GetLocalListVersion: () => ({ listVersion: 0 }),
      SendLocalList: accepted,
      SetChargingProfile: accepted,
      GetCompositeSchedule: ({ connectorId, duration }) => ({
        status: 'Accepted',
        connectorId,
        scheduleStart: now(),
        chargingSchedule: { duration, chargingRateUnit: 'W', chargingSchedulePeriod: [{ startPeriod: 0, limit: 7360.1 }] },
      }),
      ClearChargingProfile: accepted,
      ReserveNow: accepted,
      CancelReservation: accepted,
      UnlockConnector: () => ({ status: 'Unlocked' }),
      GetDiagnostics: () => ({ fileName: 'diagnostics.tar.gz' }),
      UpdateFirmware: empty,
      RemoteStartTransaction: accepted,
      RemoteStopTransaction: ({ transactionId }) => {
        this.stopAsked = transactionId === this.transactionId;
        return { status: this.stopAsked ? 'Accepted' : 'Rejected' };
      },
      ExtendedTriggerMessage: accepted,
      InstallCertificate: accepted,
      GetInstalledCertificateIds: () => ({ status: 'Accepted', certificateHashData: [hashData] }),
      DeleteCertificate: accepted,
      CertificateSigned: accepted,
      GetLog: () => ({ status: 'Accepted', filename: 'security.log' }),
      SignedUpdateFirmware: accepted,
      Reset: accepted,
    };
  }

  async boot() {
    const { vendor, model, firmware } = this.plate;
    await this.call('BootNotification', {
      chargePointVendor: vendor, chargePointModel: model, firmwareVersion: firmware,
    });
    await this.report(0, 'Available');
    await this.report(1, 'Available');
  }

  report(connectorId, status) {
    return this.call('StatusNotification', { connectorId, errorCode: 'NoError', status, timestamp: now() });
  }

  async charge(remote) {
    const idTag = remote ? remote.idTag : DRIVER;
    await this.report(1, 'Preparing');
    if (!remote) await this.call('Authorize', { idTag });
    const started = await this.call('StartTransaction', {
      connectorId: 1, idTag, meterStart: this.energy, timestamp: now(),
    });
    this.transactionId = started.transactionId;
    await this.report(1, 'Charging');
    for (let reading = 0; reading < (remote ? 500 : 2) && !this.stopAsked; reading += 1) {
      await this.meter(!remote && this.celsius);
    }
    await this.call('StopTransaction', {
      transactionId: this.transactionId, idTag, meterStop: this.energy, timestamp: now(),
      reason: this.stopAsked ? 'Remote' : 'EVDisconnected',
    });
    this.transactionId = null;
    this.stopAsked = false;
    await this.report(1, 'Finishing');
    await this.report(1, 'Available');
  }

  meter(warm) {
    this.energy += 120;
    const sampledValue = [
      { value: String(this.energy), context: 'Sample.Periodic', measurand: 'Energy.Active.Import.Register', unit: 'Wh' },
    ];
    if (warm) sampledValue.push({ value: '31.5', measurand: 'Temperature', unit: 'Celsius', location: 'Body' });
    return this.call('MeterValues', {
      connectorId: 1, transactionId: this.transactionId, meterValue: [{ timestamp: now(), sampledValue }],
    });
  }

  async extras() {
    await this.call('DataTransfer', { vendorId: 'example.nodeling', messageId: 'greeting', data: 'hello' });
    await this.call('SecurityEventNotification', { type: 'SettingSystemTime', timestamp: now() });
    await this.call('SignCertificate', { csr: REQUEST });
  }

  async followUp(action, { requestId, ...params }) {
    const [notification, statuses] = FOLLOWS[action] ?? [];
    for (const status of statuses ?? []) await this.call(notification, requestId ? { status, requestId } : { status });
    if (action === 'TriggerMessage' || action === 'ChangeAvailability') await this.report(1, 'Available');
    if (action === 'ExtendedTriggerMessage') await this.call('Heartbeat', {});
    if (action === 'RemoteStartTransaction') await this.charge(params);
  }
}

class Csms {
  constructor() {
    this.remoteTransaction = null;
    this.remoteRuns = false;
    this.signs = false;
    this.replies = {
      BootNotification: () => ({ status: 'Accepted', currentTime: now(), interval: 300 }),
      Heartbeat: () => ({ currentTime: now() }),
      Authorize: () => ({ idTagInfo: { status: 'Accepted' } }),
      StatusNotification: empty,
      MeterValues: ({ transactionId }) => {
        this.remoteRuns = transactionId === this.remoteTransaction;
        return {};
      },
      StartTransaction: ({ idTag }) => {
        transactions += 1;
        if (idTag === REMOTE_DRIVER) this.remoteTransaction = transactions;
        return { transactionId: transactions, idTagInfo: { status: 'Accepted' } };
      },
      StopTransaction: ({ transactionId }) => {
        if (transactionId === this.remoteTransaction) this.remoteRuns = false;
        return { idTagInfo: { status: 'Accepted' } };
      },
      DataTransfer: accepted,
      FirmwareStatusNotification: empty,
      DiagnosticsStatusNotification: empty,
      SecurityEventNotification: empty,
      LogStatusNotification: empty,
      SignedFirmwareStatusNotification: empty,
      SignCertificate: () => {
        this.signs = true;
        return { status: 'Accepted' };
      },
    };
    const profile = {
      chargingProfileId: 1, stackLevel: 0, chargingProfilePurpose: 'TxDefaultProfile', chargingProfileKind: 'Relative',
      chargingSchedule: { chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 21.4 }] },
    };
    this.questions = [
      ['GetConfiguration', () => ({ key: ['HeartbeatInterval', 'NoSuchKey'] })],
      ['ChangeConfiguration', () => ({ key: 'HeartbeatInterval', value: '300' })],
      ['TriggerMessage', () => ({ requestedMessage: 'StatusNotification', connectorId: 1 })],
      ['ChangeAvailability', () => ({ connectorId: 1, type: 'Operative' })],
      ['DataTransfer', () => ({ vendorId: 'example.nodeling', data: 'hello' })],
      ['ClearCache', empty],
      ['GetLocalListVersion', empty],
      ['SendLocalList', () => ({
        listVersion: 1, updateType: 'Full',
        localAuthorizationList: [{ idTag: DRIVER, idTagInfo: { status: 'Accepted', expiryDate: inAnHour() } }],
      })],
      ['SetChargingProfile', () => ({ connectorId: 1, csChargingProfiles: profile })],
      ['GetCompositeSchedule', () => ({ connectorId: 1, duration: 3600, chargingRateUnit: 'W' })],
      ['ClearChargingProfile', () => ({ id: 1 })],
      ['ReserveNow', () => ({ connectorId: 1, expiryDate: inAnHour(), idTag: REMOTE_DRIVER, reservationId: 1 })],
      ['CancelReservation', () => ({ reservationId: 1 })],
      ['UnlockConnector', () => ({ connectorId: 1 })],
      ['GetDiagnostics', () => ({ location: 'ftp://files.example/diagnostics/' })],
      ['UpdateFirmware', () => ({ location: 'ftp://files.example/firmware.bin', retrieveDate: now() })],
      ['ExtendedTriggerMessage', () => ({ requestedMessage: 'Heartbeat' })],
      ['InstallCertificate', () => ({ certificateType: 'ManufacturerRootCertificate', certificate: CERTIFICATE })],
      ['GetInstalledCertificateIds', () => ({ certificateType: 'ManufacturerRootCertificate' })],
      ['DeleteCertificate', () => ({ certificateHashData: hashData })],
      ['CertificateSigned', () => (this.signs ? { certificateChain: CERTIFICATE } : SKIP)],
      ['GetLog', () => ({
        logType: 'SecurityLog', requestId: 1, log: { remoteLocation: 'ftp://files.example/logs/' },
      })],
      ['SignedUpdateFirmware', () => ({
        requestId: 2,
        firmware: {
          location: 'ftp://files.example/firmware.bin', retrieveDateTime: now(), signingCertificate: CERTIFICATE,
          signature: 'c2lnbmF0dXJl',
        },
      })],
      ['RemoteStartTransaction', () => ({ connectorId: 1, idTag: REMOTE_DRIVER })],
      ['RemoteStopTransaction', () => this.remoteRuns && { transactionId: this.remoteTransaction }],
      ['Reset', () => ({ type: 'Soft' })],
    ];
  }
}

module.exports = { Station, Csms };
