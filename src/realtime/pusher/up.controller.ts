import { Controller, Get } from '@nestjs/common';

/** Whether the channels server answers at all, for whoever watches processes. It is not signed, and tells nothing. */
@Controller('up')
export class UpController {
  @Get()
  show(): { health: 'OK' } {
    return { health: 'OK' };
  }
}
