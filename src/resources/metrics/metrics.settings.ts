import { IsInt, Matches, Max, Min } from 'class-validator';
import { Setting } from '../../settings/settings.js';

/** What is measured, whichever plugin tells it. */
export class MetricsSettings {
  @Setting({
    key: 'metrics_matchdict_fields',
    type: 'list',
    default: ['bucket_id', 'collection_id', 'group_id', 'record_id'],
    sentence: 'Which ids of the URL are labels of the metrics of a request; none: they are the same for all objects.',
  })
  @Matches(/^[a-zA-Z_]\w*$/, { each: true, message: 'expected names of letters, digits and underscores' })
  matchdictFields!: readonly string[];

  @Setting({
    key: 'metrics_max_label_values',
    type: 'integer',
    default: 1000,
    sentence:
      'How many different combinations of ids, and how many users, have metrics of their own; those that come later share one.',
  })
  @IsInt()
  @Min(0)
  @Max(100_000)
  maxLabelValues!: number;
}
