import { Setting } from '../../settings/settings.js';

export class AdminSettings {
  @Setting({
    key: 'admin_assets_path',
    type: 'string',
    default: '',
    sentence:
      'The folder of a build of Kinto Admin, made for /v1/admin/, with its VERSION file; none comes with kumocast.',
  })
  assetsPath!: string;
}
