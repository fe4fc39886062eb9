import type { Release } from '$lib/api/types';
import type { Mark } from '$lib/chart-marks';
import { releaseName } from '$lib/release-name';
import { explainTime } from '$lib/time-format';

/** The last deploy of each release, as it stands on a chart. */
export function deployMarks(releases: Pick<Release, 'version' | 'lastDeploy'>[]): Mark[] {
  return releases.flatMap(({ version, lastDeploy }) => {
    if (!lastDeploy) return [];
    const at = Date.parse(lastDeploy.dateFinished);
    const title = `${version} deployed to ${lastDeploy.environment}\n${explainTime(at)}`;
    return [{ at, label: releaseName(version), title }];
  });
}
